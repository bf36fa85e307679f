// GET /api/v1/devices/{di}: a device and its links. `?at=`: as it was then.
#include "cloud/error.hpp"
#include "cloud/past.hpp"
#include "http/device_json.hpp"
#include "http/endpoints/endpoints.hpp"
#include "http/link_json.hpp"

namespace ocf::http::endpoints {
namespace {

awaitable<Result<directory::DeviceView>> device(Exchange& exchange, DeviceId id) {
  auto point = point_in_query(exchange);
  if (!point) co_return point.error();
  if (!*point) co_return co_await exchange.cloud.device(exchange.caller, id);
  const auto past = co_await exchange.cloud.past(exchange.caller, id, std::move(**point));
  if (!past) co_return past.error();
  if (past->device() == nullptr) co_return cloud::CloudError::not_found;
  co_return directory::view_of(*past->device());
}

}  // namespace

awaitable<Result<Response>> show_device(Exchange& exchange) {
  const auto id = device_in_path(exchange);
  if (!id) co_return id.error();
  const auto shown = co_await device(exchange, *id);
  if (!shown) co_return shown.error();
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  write_device_properties(json, *shown);
  json.key("links").begin_array();
  for (const auto& [href, link] : shown->links) write_link(json, link);
  json.end_array().end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace ocf::http::endpoints
