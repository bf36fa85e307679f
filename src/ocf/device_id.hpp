// The id of an OCF device (`di`): a UUID.
#pragma once

#include "base/result.hpp"
#include "ocf/error.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace ocf {

class DeviceId {
 public:
  DeviceId() = default;  // the nil UUID, which no device has

  // 8-4-4-4-12 hexadecimal digits of either case. Errors: malformed_device_id, for the nil UUID, too.
  static Result<DeviceId> parse(std::string_view text);
  static DeviceId of(std::span<const std::uint8_t, 16> bytes);

  std::string text() const;  // lower case
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  friend bool operator==(const DeviceId&, const DeviceId&) = default;
  friend auto operator<=>(const DeviceId&, const DeviceId&) = default;
  friend std::ostream& operator<<(std::ostream& out, const DeviceId& id) { return out << id.text(); }

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace ocf

template <>
struct std::hash<ocf::DeviceId> {
  std::size_t operator()(const ocf::DeviceId& id) const noexcept {
    std::size_t value;
    std::memcpy(&value, id.bytes().data(), sizeof value);
    return value;
  }
};
