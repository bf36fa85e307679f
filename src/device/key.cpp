#include "device/device.hpp"

namespace ocf::device {

std::optional<DeviceKey> key_of(const es::StreamId& stream) {
  const auto device = DeviceId::parse(stream.entity());
  if (!device) return std::nullopt;
  return DeviceKey(account::Tenant(std::string(stream.tenant())), *device, stream.registration());
}

}  // namespace ocf::device
