// GET /api/v1/devices/{di}/history?href=/light/1: what happened to a resource, oldest first; without href, to the device and
// its links.
#include "http/endpoints/endpoints.hpp"
#include "http/event_json.hpp"

namespace ocf::http::endpoints {

awaitable<Result<Response>> history(Exchange& exchange) {
  const auto device = device_in_path(exchange);
  if (!device) co_return device.error();
  auto href = href_in_query(exchange);
  if (!href) co_return href.error();
  const auto events = co_await exchange.cloud.history(exchange.caller, *device, std::move(*href));
  if (!events) co_return events.error();
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("events").begin_array();
  for (const es::RecordedEvent& event : *events) write_event(json, event);
  json.end_array().end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace ocf::http::endpoints
