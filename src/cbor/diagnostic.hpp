// CBOR for people to read: diagnostic notation (RFC 8949 §8).
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "cbor/cbor.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace ocf::cbor {

struct DiagnosticBounds {
  Bounds item;
  std::size_t bytes_max = 2 * 1024;  // of the text: what is longer is cut, and ends in "…"
};

// {"power": 42, "by": h'c0ffee', "when": 1(1363896240)}, on one line, with spaces as the RFC writes them.
// Lengths that were not told before are marked as such: [_ 1, 2], (_ "a", "b"). In place of a value whose key
// in a map is a text that `is_secret` says yes to (nullptr: none), however the key is encoded, stands
// "[secret]". Errors: those of check().
Result<std::string> to_diagnostic(ByteView item, const DiagnosticBounds& bounds = {},
                                  bool (*is_secret)(std::string_view key) = nullptr);

}  // namespace ocf::cbor
