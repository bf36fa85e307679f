// DELETE /api/v1/devices/{di}: the device leaves the cloud; its tokens are revoked.
#include "http/endpoints/endpoints.hpp"

namespace ocf::http::endpoints {

awaitable<Result<Response>> remove_device(Exchange& exchange) {
  const auto device = device_in_path(exchange);
  if (!device) co_return device.error();
  const auto removed = co_await exchange.cloud.remove_device(exchange.caller, *device);
  if (!removed) co_return removed.error();
  co_return Response(204);
}

}  // namespace ocf::http::endpoints
