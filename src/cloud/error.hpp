// How a use case fails, beyond what its aggregate or the Authorization context refused.
#pragma once

#include "base/result.hpp"

namespace ocf::cloud {

enum class CloudError {
  not_found = 1,    // no such device, resource or link, or none that this caller may see (both look the same)
  command_expired,  // the device did not answer in time, or did not come online within the time to live
  command_canceled,
  outcome_unknown,  // the device's connection ended between request and answer
  malformed_cursor,
  session_ended,  // the device's session that spoke is not the current one any more
  time_to_live_too_long,
  too_many_requests,  // limits.owner_requests_per_second
  too_many_devices,   // limits.devices_per_owner_max
  malformed_point,
  point_in_future,
  history_trimmed,  // the events of that point were trimmed: the log begins later
  too_many_pasts,   // pasts_max are being folded
};
Error make_error_code(CloudError error);

}  // namespace ocf::cloud

template <>
struct boost::system::is_error_code_enum<ocf::cloud::CloudError> : std::true_type {};
