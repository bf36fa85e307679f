#include "base/overload.hpp"
#include "device/device.hpp"

namespace ocf::device {

Device::State Device::evolve(State state, const Event& event) {
  ++state.version;
  std::visit(overload{[&](const DeviceRegistered& e) {
                        state.registered = true;
                        state.owner = e.owner;
                      },
                      [&](const DeviceConnected&) {
                        state.epoch = state.version;
                        state.online = true;
                      },
                      [&](const DeviceSynchronized& e) {
                        state.synchronized = e.epoch;
                        state.etag = e.etag;
                      },
                      [&](const DeviceDisconnected& e) {
                        if (e.epoch == state.epoch) state.online = false;
                      },
                      [&](const DeviceDeregistered&) {
                        state.registered = false;
                        state.online = false;
                      }},
             event);
  return state;
}

}  // namespace ocf::device
