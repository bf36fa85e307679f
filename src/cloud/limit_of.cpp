#include "cloud/limit_of.hpp"

#include "cbor/cbor.hpp"
#include "cloud/error.hpp"
#include "cloud/query.hpp"
#include "links/links.hpp"
#include "resource/resource.hpp"

namespace ocf::cloud {

std::string_view limit_of(const Error& error) {
  if (error == cbor::CborError::too_deep) return "cbor_depth_max";
  if (error == cbor::CborError::too_many_items) return "cbor_items_max";
  if (error == links::LinksError::too_many_links) return "links_per_device_max";
  if (error == resource::ResourceError::too_many_pending) return "pending_commands_per_device_max";
  if (error == CloudError::time_to_live_too_long) return "time_to_live_max";
  if (error == QueryError::too_long) return "options_per_message_max";
  if (error == CloudError::too_many_requests) return "owner_requests_per_second";
  if (error == CloudError::too_many_devices) return "devices_per_owner_max";
  return "";
}

}  // namespace ocf::cloud
