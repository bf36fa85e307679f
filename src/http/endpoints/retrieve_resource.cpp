// GET /api/v1/devices/{di}/resources/{href}: the representation, from the shadow where it can answer.
// `?live=true` asks the device, `?at=` the log.
#include "cloud/error.hpp"
#include "cloud/past.hpp"
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

struct Found {
  cloud::Answer answer;
  std::string_view source;
};

awaitable<Result<Found>> now(Exchange& exchange) {
  auto request = resource_request(exchange, resource::Operation::retrieve);
  if (!request) co_return request.error();
  auto answer = co_await exchange.cloud.request(exchange.caller, std::move(*request));
  if (!answer) co_return answer.error();
  const std::string_view source = answer->from_device ? "device" : "shadow";
  co_return Found{std::move(*answer), source};
}

// Neither the device nor its other interfaces can be asked for the past.
awaitable<Result<Found>> then(Exchange& exchange, cloud::Point point) {
  const auto id = device_in_path(exchange);
  if (!id) co_return id.error();
  auto href = href_in_path(exchange);
  if (!href) co_return href.error();
  for (const Target::Parameter& other : exchange.target.query) {
    if (other.name != "at") co_return malformed(exchange, other.name);
  }
  if (exchange.target.query.size() != 1) co_return malformed(exchange, "at");
  auto past = co_await exchange.cloud.past(exchange.caller, *id, std::move(point));
  if (!past) co_return past.error();
  if (past->device() == nullptr) co_return cloud::CloudError::not_found;
  const auto device = directory::view_of(*past->device());
  if (!device.links.contains(*href)) co_return cloud::CloudError::not_found;
  const Result<void> folded = co_await past->fold_resource(*href);
  if (!folded) co_return folded.error();
  const auto known = past->representations().find(*href);
  if (known == past->representations().end()) co_return cloud::CloudError::not_found;
  Found found{cloud::answer_of(device, known->second), "log"};
  if (*href != directory::status_href())
    found.answer.stale_since = cloud::stale_since(device, device.links.at(*href), known->second);
  co_return found;
}

awaitable<Result<Found>> find(Exchange& exchange) {
  auto point = point_in_query(exchange);
  if (!point) co_return point.error();
  if (*point) co_return co_await then(exchange, std::move(**point));
  co_return co_await now(exchange);
}

}  // namespace

awaitable<Result<Response>> retrieve_resource(Exchange& exchange) {
  const auto found = co_await find(exchange);
  if (!found) co_return found.error();
  const cloud::Answer& answer = found->answer;
  Response response = resource_response(answer, "PUT");
  response.add("OCF-Source", std::string(found->source));
  response.add("OCF-Online", answer.online ? "true" : "false");
  response.add("OCF-Time", to_rfc3339(answer.time));
  if (answer.stale_since) response.add("OCF-Stale-Since", to_rfc3339(*answer.stale_since));
  if (has_not_changed(exchange.request, response)) {
    response.status = not_modified;
    response.body.clear();
  }
  co_return response;
}

}  // namespace ocf::http::endpoints
