// Assertions for bugs: on in every build. What a peer, a user or a disk can cause is a Result, never an
// assertion.
#pragma once

namespace ocf {

[[noreturn]] void assertion_failed(const char* condition, const char* why, const char* file,
                                   int line) noexcept;

}  // namespace ocf

// `why` is a sentence that says why the condition must hold.
#define OCF_ASSERT(condition, why) \
  ((condition) ? static_cast<void>(0) : ::ocf::assertion_failed(#condition, why, __FILE__, __LINE__))
