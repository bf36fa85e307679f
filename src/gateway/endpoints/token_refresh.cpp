// POST /oic/sec/tokenrefresh: a new pair of tokens for a refresh token (A11).
#include "gateway/connection.hpp"
#include "gateway/routes.hpp"
#include "ocf/payloads.hpp"

namespace ocf::gateway {

awaitable<Answer> refresh_token(Exchange& exchange) {
  const auto asked = RefreshRequest::decode(exchange.request.payload, exchange.settings.limits);
  if (!asked) co_return refuse_account(exchange, asked.error());
  if (auto later = refuse_for_now(exchange)) co_return std::move(*later);

  account::Refresh request(asked->device, asked->refresh_token, exchange.cloud.now());
  request.uid = asked->uid;
  request.certificate_device = exchange.connection.certificate_device();
  const auto tokens = co_await exchange.cloud.refresh(std::move(request));
  if (!tokens) co_return refuse_account(exchange, tokens.error());

  RefreshAnswer answer;
  answer.access_token = tokens->access_token;
  answer.refresh_token = tokens->refresh_token;
  answer.expires_in = exchange.connection.seconds_until(tokens->expires);
  co_return respond(exchange.request, coap::Code::changed, answer.encode());
}

}  // namespace ocf::gateway
