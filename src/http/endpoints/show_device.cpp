// GET /api/v1/devices/{di}: a device and its links.
#include "http/device_json.hpp"
#include "http/endpoints/endpoints.hpp"
#include "http/link_json.hpp"

namespace ocf::http::endpoints {

awaitable<Result<Response>> show_device(Exchange& exchange) {
  const auto id = device_in_path(exchange);
  if (!id) co_return id.error();
  const auto device = co_await exchange.cloud.device(exchange.caller, *id);
  if (!device) co_return device.error();
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  write_device_properties(json, *device);
  json.key("links").begin_array();
  for (const auto& [href, link] : device->links) write_link(json, link);
  json.end_array().end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace ocf::http::endpoints
