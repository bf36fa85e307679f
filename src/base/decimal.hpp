// Whole numbers in decimal digits.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace ocf {

// Empty: it is no number, or anything stands beside it, or the type cannot hold it. A '-' may be before a
// number of a signed type; a '+' or a blank may not.
template <class Number>
std::optional<Number> parse_decimal(std::string_view text) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace ocf
