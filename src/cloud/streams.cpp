#include "cloud/streams.hpp"

namespace ocf::cloud {

std::optional<DeviceId> device_of(const es::StreamId& stream) {
  if (stream.registration() == 0) return std::nullopt;
  const auto device = DeviceId::parse(stream.entity());
  if (!device) return std::nullopt;
  return *device;
}

std::optional<device::DeviceKey> key_of(const es::StreamId& stream) {
  const auto device = device_of(stream);
  if (!device) return std::nullopt;
  return device::DeviceKey(account::Tenant(std::string(stream.tenant())), *device, stream.registration());
}

}  // namespace ocf::cloud
