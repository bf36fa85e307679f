// Which device, and which registration of it, a stream belongs to.
#pragma once

#include "device/device.hpp"
#include "es/stream_id.hpp"

#include <optional>

namespace ocf::cloud {

// nullopt: not one of the streams device, links and resource/… of a registration.
std::optional<DeviceId> device_of(const es::StreamId& stream);
std::optional<device::DeviceKey> key_of(const es::StreamId& stream);

}  // namespace ocf::cloud
