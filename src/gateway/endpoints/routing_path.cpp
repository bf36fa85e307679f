#include "gateway/endpoints/routing_path.hpp"

namespace ocf::gateway {
namespace {

struct Parts {
  DeviceId device{};
  std::string_view href;
};

std::optional<Parts> split(std::string_view path) {
  constexpr std::size_t uuid_length = 36;
  for (const std::string_view prefix :
       {route_prefix, std::string_view("/api/v1/devices"), std::string_view()}) {
    if (!path.starts_with(prefix)) continue;
    std::string_view rest = path.substr(prefix.size());
    if (rest.size() <= 1 + uuid_length || rest[0] != '/' || rest[1 + uuid_length] != '/') continue;
    const auto device = DeviceId::parse(rest.substr(1, uuid_length));
    if (device) return Parts{*device, rest.substr(1 + uuid_length)};
  }
  return std::nullopt;
}

}  // namespace

bool is_routing_path(std::string_view path) { return split(path).has_value(); }

std::optional<RoutingPath> parse_routing_path(std::string_view path, std::size_t href_bytes_max) {
  const auto parts = split(path);
  if (!parts) return std::nullopt;
  auto href = parse_href(parts->href, href_bytes_max);
  if (!href) return std::nullopt;
  return RoutingPath{parts->device, std::move(*href)};
}

}  // namespace ocf::gateway
