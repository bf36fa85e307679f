#include "gateway/observations.hpp"

#include "gateway/connection.hpp"

#include <algorithm>

namespace ocf::gateway {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

awaitable<Result<void>> Observations::start(Exchange& exchange, cloud::Caller caller, RoutingPath target) {
  const coap::Token token = exchange.request.token;
  cancel(token);
  if (are_full(exchange.settings.limits)) {
    connection_.hit("observations_per_connection_max");
    co_return account::AuthorizationError::unavailable;
  }
  cloud::Cloud::Watcher changed = [this, token](const shadow::Representation* now) { on_change(token, now); };
  auto watch = co_await exchange.cloud.watch(std::move(caller), target.device, std::move(target.href),
                                             std::move(changed));
  if (!watch) co_return watch.error();
  Observed& observed = observed_[token];
  observed.request = exchange.request;
  observed.watch = std::move(*watch);
  co_return Result<void>();
}

void Observations::begin(const coap::Token& token, Routed routed, Message& answer) {
  const auto observed = observed_.find(token);
  if (observed == observed_.end()) return;
  observed->second.routed = std::move(routed);
  answer.add_uint(OptionNumber::observe, observed->second.sequence);
  observed->second.answered = answer.payload;
}

void Observations::cancel(const coap::Token& token) {
  drop_ended();
  observed_.erase(token);
  discovery_.cancel(token);
}

void Observations::clear() {
  observed_.clear();
  discovery_.clear();
}

void Observations::answered(const coap::Token& token) {
  discovery_.answered(token);
  const auto observed = observed_.find(token);
  if (observed == observed_.end() || observed->second.live) return;
  Observed& found = observed->second;
  if (!found.routed) return;  // it is another one's with this token, whose first answer is still to come
  found.live = true;
  if (found.latest) {
    const resource::Content latest = found.routed->content(found.latest->content);
    const ByteView bytes = view_of(latest.bytes);
    if (std::equal(bytes.begin(), bytes.end(), found.answered.begin(), found.answered.end()))
      found.changed = false;
  }
  found.answered = Bytes();
  if (found.changed) send(found);
}

void Observations::on_change(const coap::Token& token, const shadow::Representation* now) {
  const auto found = observed_.find(token);
  if (found == observed_.end()) return;
  Observed& observed = found->second;
  if (observed.ended) return;
  observed.changed = true;
  observed.latest.reset();
  if (now != nullptr) observed.latest = *now;
  if (observed.live) send(observed);
}

void Observations::send(Observed& observed) {
  Message message;
  if (observed.latest) {
    observed.sequence = (observed.sequence + 1) & 0xffffff;
    message.code = Code::content;
    message.add_uint(OptionNumber::observe, observed.sequence);
    if (!observed.latest->etag.empty()) message.add(OptionNumber::etag, observed.latest->etag);
    set_content(message, observed.request, observed.routed->content(observed.latest->content));
  } else {
    message.code = Code::not_found;  // ends the observation (RFC 7641 §4.2)
    observed.ended = true;
    ended_.push_back(observed.request.token);
  }
  connection_.notify_client(observed.request, std::move(message));
}

void Observations::drop_ended() {
  for (const coap::Token& token : ended_) observed_.erase(token);
  ended_.clear();
}

}  // namespace ocf::gateway
