// Text from a peer, made fit for a log line or a diagnostic: one line, ASCII, bounded.
#pragma once

#include <string>
#include <string_view>

namespace ocf {

// Bytes outside the printable ASCII characters become %XX; what is longer than `length_max` ends in "...".
std::string printable(std::string_view text, std::size_t length_max = 256);

}  // namespace ocf
