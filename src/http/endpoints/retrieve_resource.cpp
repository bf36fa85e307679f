// GET /api/v1/devices/{di}/resources/{href}: the representation, from the shadow where it can answer.
// `?live=true` asks the device.
#include "http/endpoints/endpoints.hpp"
#include "http/resource_request.hpp"

namespace ocf::http::endpoints {
namespace {

constexpr unsigned not_modified = 304;

bool has_not_changed(const Request& request, const Response& response) {
  const auto known = request.field("If-None-Match");
  const auto etag = response.field("ETag");
  return response.status == 200 && known && etag && *known == *etag;
}

}  // namespace

awaitable<Result<Response>> retrieve_resource(Exchange& exchange) {
  auto request = resource_request(exchange, resource::Operation::retrieve);
  if (!request) co_return request.error();
  const auto answer = co_await exchange.cloud.request(exchange.caller, std::move(*request));
  if (!answer) co_return answer.error();
  Response response = resource_response(*answer, "PUT");
  response.add("OCF-Source", answer->from_device ? "device" : "shadow");
  response.add("OCF-Online", answer->online ? "true" : "false");
  response.add("OCF-Time", to_rfc3339(answer->time));
  if (answer->stale_since) response.add("OCF-Stale-Since", to_rfc3339(*answer->stale_since));
  if (has_not_changed(exchange.request, response)) {
    response.status = not_modified;
    response.body.clear();
  }
  co_return response;
}

}  // namespace ocf::http::endpoints
