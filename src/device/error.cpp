#include "device/device.hpp"

namespace ocf::device {
namespace {

const char* sentence(int value) {
  switch (static_cast<DeviceError>(value)) {
    case DeviceError::not_registered: return "the device is not registered";
    case DeviceError::permission_denied: return "permission denied";
  }
  return "unknown";
}

constexpr SentenceCategory category{"device", sentence};

}  // namespace

Error make_error_code(DeviceError error) { return {static_cast<int>(error), category}; }

}  // namespace ocf::device
