// DELETE /oic/sec/account?di=…&accesstoken=…: removes the device (A3). Without a token the session must be
// signed in.
#include "gateway/connection.hpp"
#include "gateway/routes.hpp"

namespace ocf::gateway {

awaitable<Answer> sign_off(Exchange& exchange) {
  const std::vector<std::string> tokens = exchange.request.query("accesstoken");
  const std::vector<std::string> devices = exchange.request.query("di");
  const auto& session = exchange.connection.device_session();

  DeviceId device;
  if (!devices.empty()) {
    const auto asked = DeviceId::parse(devices.front());
    if (!asked) co_return refuse_account(exchange, asked.error());
    device = *asked;
  } else if (session) {
    device = session->key.device;
  } else {
    co_return refuse_account(exchange, OcfError::missing_property);
  }

  Result<void> done = account::AuthorizationError::refused;
  if (!tokens.empty()) {
    account::Check token(tokens.front(), exchange.cloud.now());
    token.certificate_device = exchange.connection.certificate_device();
    done = co_await exchange.cloud.sign_off(std::move(token), device);
  } else if (session && session->key.device == device) {
    done = co_await exchange.cloud.remove_device(session->caller, device);
  }
  if (!done) co_return refuse_account(exchange, done.error());
  co_return respond(exchange.request, coap::Code::deleted);
}

}  // namespace ocf::gateway
