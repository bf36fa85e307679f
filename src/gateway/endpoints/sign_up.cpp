// POST /oic/sec/account: a one-time code becomes the device's tokens (A1).
#include "gateway/connection.hpp"
#include "gateway/routes.hpp"
#include "ocf/payloads.hpp"

namespace ocf::gateway {

awaitable<Answer> sign_up(Exchange& exchange) {
  const auto asked = SignUpRequest::decode(exchange.request.payload, exchange.settings.limits);
  if (!asked) co_return refuse_account(exchange, asked.error());
  if (auto later = refuse_for_now(exchange)) co_return std::move(*later);

  account::SignUp request(asked->device, asked->code, exchange.cloud.now());
  request.provider = asked->provider;
  request.certificate_device = exchange.connection.certificate_device();
  const auto signed_up = co_await exchange.cloud.sign_up(std::move(request));
  if (!signed_up) co_return refuse_account(exchange, signed_up.error());

  SignUpAnswer answer;
  answer.access_token = signed_up->tokens.access_token;
  answer.refresh_token = signed_up->tokens.refresh_token;
  answer.uid = signed_up->tokens.uid;
  answer.expires_in = exchange.connection.seconds_until(signed_up->tokens.expires);
  co_return respond(exchange.request, coap::Code::changed, answer.encode());
}

}  // namespace ocf::gateway
