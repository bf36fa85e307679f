// GET /api/v1/devices/{di}/refusals: why the hub refused the device lately, newest first.
#include "http/endpoints/endpoints.hpp"
#include "http/refusal_json.hpp"

namespace ocf::http::endpoints {

awaitable<Result<Response>> refusals(Exchange& exchange) {
  const auto device = device_in_path(exchange);
  if (!device) co_return device.error();
  const auto found = co_await exchange.cloud.refusals(exchange.caller, *device);
  if (!found) co_return found.error();
  co_return json_response(200, refusals_document(*found));
}

}  // namespace ocf::http::endpoints
