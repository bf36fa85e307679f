// GET /api/v1/devices/{di}/history?href=/light/1&cursor=: what happened to a resource, oldest first; without
// href, to the device and its links.
#include "base/decimal.hpp"
#include "cloud/error.hpp"
#include "http/endpoints/endpoints.hpp"
#include "http/event_json.hpp"

namespace ocf::http::endpoints {
namespace {

// Before which place; without a cursor, the end.
Result<std::uint64_t> place_in_query(const Exchange& exchange) {
  const auto text = exchange.target.parameter("cursor");
  if (!text) return UINT64_MAX;
  const auto place = parse_decimal<std::uint64_t>(*text);
  if (!place || *place == 0) return cloud::CloudError::malformed_cursor;
  return *place;
}

}  // namespace

awaitable<Result<Response>> history(Exchange& exchange) {
  const auto device = device_in_path(exchange);
  if (!device) co_return device.error();
  auto href = href_in_query(exchange);
  if (!href) co_return href.error();
  const auto before = place_in_query(exchange);
  if (!before) co_return before.error();
  const auto page = co_await exchange.cloud.history(exchange.caller, *device, std::move(*href), *before);
  if (!page) co_return page.error();
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("events").begin_array();
  for (const es::RecordedEvent& event : page->events) write_event(json, event);
  json.end_array();
  if (page->more > 0) json.key("more").text(std::to_string(page->more));
  json.end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace ocf::http::endpoints
