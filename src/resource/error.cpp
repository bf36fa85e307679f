#include "resource/resource.hpp"

namespace ocf::resource {
namespace {

const char* sentence(int value) {
  switch (static_cast<ResourceError>(value)) {
    case ResourceError::permission_denied: return "permission denied";
    case ResourceError::device_offline: return "the device is offline";
    case ResourceError::too_many_pending: return "too many commands wait for the device";
    case ResourceError::unknown_command: return "no such command is pending";
    case ResourceError::superseded_session: return "a newer session speaks for this device";
    case ResourceError::command_expired: return "the time of the command ran out";
  }
  return "unknown";
}

constexpr SentenceCategory category{"resource", sentence};

}  // namespace

Error make_error_code(ResourceError error) { return {static_cast<int>(error), category}; }

}  // namespace ocf::resource
