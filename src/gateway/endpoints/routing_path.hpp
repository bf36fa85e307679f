// The three forms in which clients address a device's resource through the hub:
//   /oic/route/<di>/<href>   what the hub advertises
//   /api/v1/devices/<di>/<href>
//   /<di>/<href>
#pragma once

#include "ocf/device_id.hpp"
#include "ocf/link.hpp"

#include <optional>
#include <string_view>

namespace ocf::gateway {

struct RoutingPath {
  DeviceId device{};
  Href href;
};

inline constexpr std::string_view route_prefix = "/oic/route";

// nullopt: not a routing path, or its href is malformed.
std::optional<RoutingPath> parse_routing_path(std::string_view path, std::size_t href_bytes_max);
// Whether it has one of the three forms, whatever its href.
bool is_routing_path(std::string_view path);

}  // namespace ocf::gateway
