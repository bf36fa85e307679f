// POST /oic/sec/session: sign-in authorizes the connection (A2), sign-out ends that (A3).
#include "gateway/connection.hpp"
#include "gateway/routes.hpp"
#include "ocf/payloads.hpp"

namespace ocf::gateway {
namespace {

awaitable<Answer> sign_out(Exchange& exchange) {
  co_await exchange.connection.end_device_session(device::Disconnection::signed_out);
  Answer answer = respond(exchange.request, coap::Code::changed);
  answer.outcome = SignedOut{};
  co_return answer;
}

}  // namespace

awaitable<Answer> sign_in_or_out(Exchange& exchange) {
  const auto asked = SignInRequest::decode(exchange.request.payload, exchange.settings.limits);
  if (!asked) co_return refuse_account(exchange, asked.error());
  if (!asked->login) co_return co_await sign_out(exchange);
  if (auto later = refuse_for_now(exchange)) co_return std::move(*later);

  cloud::SignIn request(asked->device, asked->access_token);
  request.uid = asked->uid;
  const auto expires = co_await exchange.connection.sign_in(std::move(request));
  if (!expires) {
    Answer refusal = refuse_account(exchange, expires.error());
    if (refusal.message.code == coap::Code::unauthorized) refusal.outcome = SignInFailed{};
    co_return refusal;
  }
  SignInAnswer signed_in;
  signed_in.expires_in = exchange.connection.seconds_until(*expires);
  Answer answer = respond(exchange.request, coap::Code::changed, signed_in.encode());
  answer.outcome = SignedIn{exchange.connection.steady(*expires)};
  co_return answer;
}

}  // namespace ocf::gateway
