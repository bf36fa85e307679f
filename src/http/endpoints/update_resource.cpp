// PUT /api/v1/devices/{di}/resources/{href}: the OCF update, answered by the device. `?timeToLive=60`: wait so many seconds for a
// device that is offline.
#include "http/content.hpp"
#include "http/endpoints/endpoints.hpp"
#include "http/resource_request.hpp"

namespace ocf::http::endpoints {

awaitable<Result<Response>> update_resource(Exchange& exchange) {
  auto request = resource_request(exchange, resource::Operation::update);
  if (!request) co_return request.error();
  auto content = content_of(exchange.request, exchange.limits);
  if (!content) co_return content.error();
  request->content = std::move(*content);
  const auto answer = co_await exchange.cloud.request(exchange.caller, std::move(*request));
  if (!answer) co_return answer.error();
  co_return resource_response(*answer, "GET");
}

}  // namespace ocf::http::endpoints
