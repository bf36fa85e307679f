#include "ocf/device_id.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ocf {
namespace {

// Index of the byte before which a hyphen stands.
constexpr bool hyphen_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

constexpr std::size_t text_size = 36;

}  // namespace

Result<DeviceId> DeviceId::parse(std::string_view text) {
  if (text.size() != text_size) return OcfError::malformed_device_id;
  std::string digits;
  digits.reserve(32);
  for (std::size_t byte = 0, at = 0; byte < 16; ++byte, at += 2) {
    if (hyphen_before(byte) && text[at++] != '-') return OcfError::malformed_device_id;
    digits += text.substr(at, 2);
  }
  const Result<Bytes> bytes = from_hex(digits);
  if (!bytes) return OcfError::malformed_device_id;
  const DeviceId id = of(ByteView(*bytes).first<16>());
  if (id == DeviceId()) return OcfError::malformed_device_id;
  return id;
}

DeviceId DeviceId::of(std::span<const std::uint8_t, 16> bytes) {
  DeviceId id;
  std::copy(bytes.begin(), bytes.end(), id.bytes_.begin());
  return id;
}

std::string DeviceId::text() const {
  const std::string digits = to_hex(bytes_);
  std::string text;
  text.reserve(text_size);
  for (std::size_t byte = 0; byte < 16; ++byte) {
    if (hyphen_before(byte)) text += '-';
    text.append(digits, byte * 2, 2);
  }
  return text;
}

}  // namespace ocf
