// GET /api/v1/devices/{di}/resources: the device's links, each with its latest content if the shadow knows
// it. `?at=`: as they were then.
#include "cloud/error.hpp"
#include "cloud/past.hpp"
#include "http/content.hpp"
#include "http/endpoints/endpoints.hpp"
#include "http/link_json.hpp"

namespace ocf::http::endpoints {
namespace {

awaitable<Result<std::vector<cloud::ResourceView>>> resources(Exchange& exchange, DeviceId id) {
  auto point = point_in_query(exchange);
  if (!point) co_return point.error();
  if (!*point) co_return co_await exchange.cloud.resources(exchange.caller, id);
  auto past = co_await exchange.cloud.past(exchange.caller, id, std::move(**point));
  if (!past) co_return past.error();
  if (past->device() == nullptr) co_return cloud::CloudError::not_found;
  const Result<void> folded = co_await past->fold_resources();
  if (!folded) co_return folded.error();
  co_return cloud::resource_views(directory::view_of(*past->device()), past->representations());
}

}  // namespace

awaitable<Result<Response>> list_resources(Exchange& exchange) {
  const auto id = device_in_path(exchange);
  if (!id) co_return id.error();
  const auto listed = co_await resources(exchange, *id);
  if (!listed) co_return listed.error();
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("resources").begin_array();
  for (const cloud::ResourceView& resource : *listed) {
    json.begin_object();
    write_link_properties(json, resource.link);
    if (const auto& known = resource.representation) {
      json.key("time").text(to_rfc3339(known->time));
      if (resource.stale_since) json.key("staleSince").text(to_rfc3339(*resource.stale_since));
      if (!known->etag.empty()) json.key("etag").text(to_hex(known->etag));
      write_content(json.key("content"), known->content);
    }
    json.end_object();
  }
  json.end_array().end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace ocf::http::endpoints
