#include "base/overload.hpp"
#include "device/device.hpp"

namespace ocf::device {
namespace {

using account::Right;
using Events = std::vector<Device::Event>;

Result<Events> register_device(const Device::State& state, const RegisterDevice& command) {
  if (state.registered) return Events{};
  if (state.version > 0) return DeviceError::not_registered;
  return Events{DeviceRegistered{command.owner}};
}

Result<Events> connect(const Device::State& state, const ConnectDevice& command) {
  if (!command.access.allows(command.subject, Right::host)) return DeviceError::permission_denied;
  if (!state.registered) return DeviceError::not_registered;
  return Events{DeviceConnected{command.gateway, command.peer, command.transport}};
}

Result<Events> synchronize(const Device::State& state, const SynchronizeDevice& command) {
  if (!command.access.allows(command.subject, Right::host)) return DeviceError::permission_denied;
  if (!state.online || command.epoch != state.epoch) return Events{};
  if (state.synchronized == state.epoch && state.etag == command.etag) return Events{};
  return Events{DeviceSynchronized{command.epoch, command.etag}};
}

Result<Events> disconnect(const Device::State& state, const DisconnectDevice& command) {
  if (!command.access.allows(command.subject, Right::host)) return DeviceError::permission_denied;
  if (!state.online || command.epoch != state.epoch) return Events{};
  Events events;
  if (command.etag && *command.etag != state.etag)
    events.push_back(DeviceSynchronized{command.epoch, *command.etag});
  events.push_back(DeviceDisconnected{command.epoch, command.reason});
  return events;
}

Result<Events> deregister(const Device::State& state, const DeregisterDevice& command) {
  const bool allowed = command.access.allows(command.subject, Right::manage) ||
                       command.access.allows(command.subject, Right::host);
  if (!allowed) return DeviceError::permission_denied;
  Events events;
  if (!state.registered) return events;
  if (state.online) events.push_back(DeviceDisconnected{state.epoch, Disconnection::deregistered});
  events.push_back(DeviceDeregistered{});
  return events;
}

}  // namespace

Result<Events> Device::decide(const State& state, const Command& command) {
  return std::visit(overload{[&](const RegisterDevice& c) { return register_device(state, c); },
                             [&](const ConnectDevice& c) { return connect(state, c); },
                             [&](const SynchronizeDevice& c) { return synchronize(state, c); },
                             [&](const DisconnectDevice& c) { return disconnect(state, c); },
                             [&](const DeregisterDevice& c) { return deregister(state, c); }},
                    command);
}

}  // namespace ocf::device
