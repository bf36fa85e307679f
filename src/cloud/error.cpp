#include "cloud/error.hpp"

namespace ocf::cloud {
namespace {

const char* sentence(int value) {
  switch (static_cast<CloudError>(value)) {
    case CloudError::not_found: return "there is no such device or resource";
    case CloudError::command_expired: return "the device did not answer in time";
    case CloudError::command_canceled: return "the command was canceled";
    case CloudError::outcome_unknown:
      return "the device's connection ended before it answered: the outcome is unknown";
    case CloudError::malformed_cursor: return "the cursor is not one that this service gave";
    case CloudError::session_ended: return "the device's session has ended";
    case CloudError::time_to_live_too_long: return "the time to live is above the limit";
    case CloudError::too_many_requests: return "too many requests of this owner in this time";
    case CloudError::too_many_devices: return "this owner has as many devices as an owner may have";
    case CloudError::malformed_point:
      return "a point of the past is a time such as 2026-11-25T07:00:00Z, or a cursor that this service gave";
    case CloudError::point_in_future: return "the point lies in the future";
    case CloudError::history_trimmed: return "the point lies before what is kept: older events were trimmed";
    case CloudError::too_many_pasts: return "too many callers ask for the past at once";
  }
  return "unknown";
}

constexpr SentenceCategory category{"cloud", sentence};

}  // namespace

Error make_error_code(CloudError error) { return {static_cast<int>(error), category}; }

}  // namespace ocf::cloud
