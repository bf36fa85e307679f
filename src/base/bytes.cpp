#include "base/bytes.hpp"

#include <array>

namespace ocf {
namespace {

constexpr char base64url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<int, 256> make_base64url_values() {
  std::array<int, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 64; ++i) {
    values[static_cast<std::uint8_t>(base64url_alphabet[i])] = i;
  }
  return values;
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

const char* sentence(int value) {
  switch (static_cast<BytesError>(value)) {
    case BytesError::not_hex: return "the text is not hexadecimal";
    case BytesError::not_base64url: return "the text is not base64url without padding";
  }
  return "unknown";
}

constexpr SentenceCategory category{"bytes", sentence};

}  // namespace

Error make_error_code(BytesError error) { return {static_cast<int>(error), category}; }

std::string to_hex(ByteView bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 0x0f]);
  }
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return BytesError::not_hex;
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return BytesError::not_hex;
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

std::string to_base64url(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t window = 0;
  int bits = 0;
  for (const std::uint8_t byte : bytes) {
    window = window << 8 | byte;
    for (bits += 8; bits >= 6; bits -= 6) text.push_back(base64url_alphabet[window >> (bits - 6) & 0x3f]);
  }
  if (bits > 0) text.push_back(base64url_alphabet[window << (6 - bits) & 0x3f]);
  return text;
}

Result<Bytes> from_base64url(std::string_view text) {
  static constexpr auto values = make_base64url_values();
  if (text.size() % 4 == 1) return BytesError::not_base64url;
  Bytes bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t window = 0;
  int bits = 0;
  for (const char letter : text) {
    const int value = values[static_cast<std::uint8_t>(letter)];
    if (value < 0) return BytesError::not_base64url;
    window = window << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(window >> bits));
    }
  }
  // Bits left over must be zero, or two texts would mean the same bytes.
  if ((window & ((1u << bits) - 1)) != 0) return BytesError::not_base64url;
  return bytes;
}

}  // namespace ocf
