// DELETE /oic/rd?di=…&ins=…&ins=…: the device takes links back, those with these instances or all (R2).
#include "base/decimal.hpp"
#include "gateway/connection.hpp"
#include "gateway/routes.hpp"

namespace ocf::gateway {

awaitable<Answer> unpublish(Exchange& exchange) {
  const auto session = exchange.connection.device_session();
  if (!session) co_return refuse(exchange, coap::Code::unauthorized, "the session has ended");
  for (const std::string& text : exchange.request.query("di")) {
    const auto device = DeviceId::parse(text);
    if (!device) co_return refuse(exchange, device.error());
    if (*device != session->key.device) {
      co_return refuse(exchange, coap::Code::forbidden, "a device unpublishes for itself only");
    }
  }
  std::vector<std::int64_t> instances;
  for (const std::string& text : exchange.request.query("ins")) {
    const auto instance = parse_decimal<std::int64_t>(text);
    if (!instance) co_return refuse(exchange, coap::Code::bad_request, "ins is not a number");
    instances.push_back(*instance);
  }
  const auto done = co_await exchange.connection.unpublish(*session, std::move(instances));
  if (!done) co_return refuse(exchange, done.error());
  exchange.connection.forget_unpublished();
  co_return respond(exchange.request, coap::Code::deleted);
}

}  // namespace ocf::gateway
