// GET /api/v1/devices/{di}/resources: the device's links, each with its latest content if the shadow knows
// it.
#include "http/content.hpp"
#include "http/endpoints/endpoints.hpp"
#include "http/link_json.hpp"

namespace ocf::http::endpoints {

awaitable<Result<Response>> list_resources(Exchange& exchange) {
  const auto id = device_in_path(exchange);
  if (!id) co_return id.error();
  const auto resources = co_await exchange.cloud.resources(exchange.caller, *id);
  if (!resources) co_return resources.error();
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("resources").begin_array();
  for (const cloud::ResourceView& resource : *resources) {
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
