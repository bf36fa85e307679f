#include "cbor/forms.hpp"

#include "base/assert.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace ocf::cbor {

void append_quoted(std::string& out, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  out += '"';
  for (const char letter : text) {
    switch (letter) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(letter) < 0x20) {
          out += "\\u00";
          out += digits[letter >> 4];
          out += digits[letter & 0x0f];
        } else {
          out += letter;
        }
    }
  }
  out += '"';
}

std::string float_text(double value) {
  std::array<char, 32> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  OCF_ASSERT(written.ec == std::errc(), "the shortest form of a double has at most 24 characters");
  std::string text(buffer.data(), written.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string negative_text(std::uint64_t argument) {
  if (argument == std::numeric_limits<std::uint64_t>::max()) return "-18446744073709551616";
  return "-" + std::to_string(argument + 1);
}

}  // namespace ocf::cbor
