#include "gateway/discovery_observations.hpp"

#include "gateway/connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ocf::gateway {

using coap::Message;
using coap::OptionNumber;

struct DiscoveryObservations::Observed {
  Observed(std::uint64_t number_, Exchange exchange_, DiscoveryQuery query_)
      : number(number_), exchange(std::move(exchange_)), query(std::move(query_)) {}

  const std::uint64_t number;  // tells observations with the same token apart
  const Exchange exchange;     // the request, to be answered again and again
  const DiscoveryQuery query;
  std::unique_ptr<cloud::DirectoryWatch> watch;
  std::optional<net::Timer> due;
  std::uint32_t sequence = 0;  // 24 bit (RFC 7641 §4.4)
  std::uint64_t content = 0;   // Discovery::content as the client knows it
  bool begun = false;          // there is a first answer
  bool live = false;           // it is sent
  bool changed = false;        // since it was read
  bool reading = false;
  SteadyTime read{};  // when it was last
};

DiscoveryObservations::DiscoveryObservations(Connection& connection) : connection_(connection) {}
DiscoveryObservations::~DiscoveryObservations() = default;

awaitable<Result<void>> DiscoveryObservations::start(Exchange& exchange, cloud::Caller caller,
                                                     DiscoveryQuery query) {
  connection_.observations().cancel(exchange.request.token);
  if (connection_.observations().are_full(exchange.settings.limits)) {
    connection_.hit("observations_per_connection_max");
    co_return account::AuthorizationError::unavailable;
  }
  auto made = std::make_unique<Observed>(next_number_++, exchange, std::move(query));
  Observed* const observed = made.get();
  std::function<void()> changed = [this, observed] { on_change(*observed); };
  auto watch = co_await exchange.cloud.watch_directory(std::move(caller), std::move(changed));
  if (!watch) co_return watch.error();
  made->watch = std::move(*watch);
  const std::uint64_t number = made->number;
  made->due.emplace(connection_.timers(), [this, token = exchange.request.token, number](SteadyTime) {
    connection_.spawn(read_again(connection_.shared_from_this(), token, number));
  });
  observed_[exchange.request.token] = std::move(made);
  co_return Result<void>();
}

void DiscoveryObservations::begin(const coap::Token& token, Discovery& first) {
  const auto found = observed_.find(token);
  if (found == observed_.end()) return;
  if (!coap::is_success(first.answer.message.code)) return cancel(token);
  found->second->begun = true;
  found->second->content = first.content;
  first.answer.message.add_uint(OptionNumber::observe, found->second->sequence);
}

void DiscoveryObservations::answered(const coap::Token& token) {
  const auto found = observed_.find(token);
  if (found == observed_.end() || !found->second->begun || found->second->live) return;
  found->second->live = true;
  if (found->second->changed) on_change(*found->second);
}

void DiscoveryObservations::cancel(const coap::Token& token) { observed_.erase(token); }
void DiscoveryObservations::clear() { observed_.clear(); }

void DiscoveryObservations::on_change(Observed& observed) {
  observed.changed = true;
  if (!observed.live || observed.reading) return;
  const auto pause = observed.exchange.settings.limits.discovery_notification_interval;
  if (!observed.due->scheduled()) observed.due->schedule(observed.read + pause);
}

awaitable<void> DiscoveryObservations::read_again(std::shared_ptr<Connection> connection, coap::Token token,
                                                  std::uint64_t number) {
  // Not within the timer's callback: what follows may end the observation, and the timer with it.
  co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
  DiscoveryObservations& self = connection->observations().discovery();
  Observed* observed = self.find(token, number);
  if (observed == nullptr || !connection->device_session()) co_return;
  observed->read = net::steady_now();
  Exchange exchange = observed->exchange;
  cloud::Caller caller = connection->device_session()->caller;  // its token may be another by now
  if (!exchange.cloud.admit(caller)) {
    observed->due->schedule(observed->read + exchange.settings.limits.discovery_notification_interval);
    co_return;
  }
  observed->changed = false;
  observed->reading = true;
  DiscoveryQuery query = observed->query;
  Discovery now = co_await find_links(exchange, std::move(caller), std::move(query));
  observed = self.find(token, number);
  if (observed == nullptr) co_return;
  observed->reading = false;
  Message& message = now.answer.message;
  if (!coap::is_success(message.code)) {
    self.cancel(token);  // the refusal ends the observation (RFC 7641 §4.2)
    co_return connection->notify_client(exchange.request, std::move(message));
  }
  if (now.content != observed->content) {
    observed->content = now.content;
    observed->sequence = (observed->sequence + 1) & 0xffffff;
    message.add_uint(OptionNumber::observe, observed->sequence);
    connection->notify_client(exchange.request, std::move(message));
    observed = self.find(token, number);
  }
  if (observed != nullptr && observed->changed) self.on_change(*observed);
}

DiscoveryObservations::Observed* DiscoveryObservations::find(const coap::Token& token, std::uint64_t number) {
  const auto found = observed_.find(token);
  return found != observed_.end() && found->second->number == number ? found->second.get() : nullptr;
}

}  // namespace ocf::gateway
