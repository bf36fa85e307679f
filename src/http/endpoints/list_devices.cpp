// GET /api/v1/devices: the devices that the caller may read.
#include "http/device_json.hpp"
#include "http/endpoints/endpoints.hpp"

namespace ocf::http::endpoints {

awaitable<Result<Response>> list_devices(Exchange& exchange) {
  const auto devices = co_await exchange.cloud.devices(exchange.caller);
  if (!devices) co_return devices.error();
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("devices").begin_array();
  for (const directory::DeviceView& device : *devices) {
    json.begin_object();
    write_device_properties(json, device);
    json.key("links").number(device.links.size()).end_object();
  }
  json.end_array().end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace ocf::http::endpoints
