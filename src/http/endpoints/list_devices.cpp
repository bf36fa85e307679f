// GET /api/v1/devices: the devices that the caller may read. `?at=`: as they were then.
#include "http/device_json.hpp"
#include "http/endpoints/endpoints.hpp"

namespace ocf::http::endpoints {
namespace {

awaitable<Result<std::vector<directory::DeviceView>>> devices(Exchange& exchange) {
  auto point = point_in_query(exchange);
  if (!point) co_return point.error();
  if (*point) co_return co_await exchange.cloud.devices_at(exchange.caller, std::move(**point));
  co_return co_await exchange.cloud.devices(exchange.caller);
}

}  // namespace

awaitable<Result<Response>> list_devices(Exchange& exchange) {
  const auto listed = co_await devices(exchange);
  if (!listed) co_return listed.error();
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("devices").begin_array();
  for (const directory::DeviceView& device : *listed) {
    json.begin_object();
    write_device_properties(json, device);
    json.key("links").number(device.links.size()).end_object();
  }
  json.end_array().end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace ocf::http::endpoints
