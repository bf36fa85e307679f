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

std::string to_sentence(Disconnection reason) {
  switch (reason) {
    case Disconnection::closed: return "the connection ended";
    case Disconnection::signed_out: return "the device signed out";
    case Disconnection::unresponsive: return "the device did not answer in time";
    case Disconnection::protocol_error: return "the device broke the protocol";
    case Disconnection::token_expired: return "the access token expired";
    case Disconnection::superseded: return "the device signed in on another connection";
    case Disconnection::hub_stopped: return "the hub stopped";
    case Disconnection::deregistered: return "the device was removed";
    case Disconnection::certificate_revoked: return "the certificate was revoked";
  }
  return "unknown";
}

}  // namespace ocf::device
