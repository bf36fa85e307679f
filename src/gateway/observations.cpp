#include "gateway/observations.hpp"

#include "gateway/connection.hpp"

namespace ocf::gateway {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

awaitable<Result<void>> Observations::start(Exchange& exchange, cloud::Caller caller, RoutingPath target) {
  drop_ended();
  const coap::Token token = exchange.request.token;
  observed_.erase(token);
  if (observed_.size() >= exchange.settings.limits.observations_per_connection_max) {
    co_return account::AuthorizationError::unavailable;
  }
  auto watch = co_await exchange.cloud.watch(
      std::move(caller), target.device, std::move(target.href),
      cloud::Cloud::Watcher([this, token](const shadow::Representation* now) { on_change(token, now); }));
  if (!watch) co_return watch.error();
  Observed& observed = observed_[token];
  observed.request = exchange.request;
  observed.watch = std::move(*watch);
  co_return Result<void>();
}

void Observations::add_sequence(const coap::Token& token, Message& answer) {
  const auto observed = observed_.find(token);
  if (observed != observed_.end()) answer.add_uint(OptionNumber::observe, observed->second.sequence);
}

void Observations::answered(const coap::Token& token) {
  const auto observed = observed_.find(token);
  if (observed == observed_.end() || observed->second.live) return;
  observed->second.live = true;
  if (observed->second.changed) send(observed->second);
}

void Observations::on_change(const coap::Token& token, const shadow::Representation* now) {
  const auto found = observed_.find(token);
  if (found == observed_.end()) return;
  Observed& observed = found->second;
  observed.changed = true;
  observed.latest.reset();
  if (now != nullptr) observed.latest = *now;
  if (observed.live) send(observed);
}

void Observations::send(Observed& observed) {
  Message message;
  message.token = observed.request.token;
  if (observed.latest) {
    observed.sequence = (observed.sequence + 1) & 0xffffff;
    message.code = Code::content;
    message.add_uint(OptionNumber::observe, observed.sequence);
    if (!observed.latest->etag.empty()) message.add(OptionNumber::etag, observed.latest->etag);
    set_content(message, observed.request, observed.latest->content);
  } else {
    message.code = Code::not_found;  // ends the observation (RFC 7641 §4.2)
    ended_.push_back(message.token);
  }
  connection_.notify_client(std::move(message));
}

void Observations::drop_ended() {
  for (const coap::Token& token : ended_) observed_.erase(token);
  ended_.clear();
}

}  // namespace ocf::gateway
