// What the client on a connection observes of /oic/res (RFC 7641).
//
//   start() ─▶ a watch of the directory ─▶ on_change() ─▶ timer ─▶ read_again() ─▶ notified, if other links
//   are found than last time
//
// The timer makes one notification of a burst of changes, and bounds how often a large directory is read.
#pragma once

#include "cloud/cloud.hpp"
#include "coap/message.hpp"
#include "gateway/endpoint.hpp"
#include "gateway/endpoints/discovery.hpp"
#include "net/timer_wheel.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>

namespace ocf::gateway {

// One per connection; lives on its shard. All watches end with it.
class DiscoveryObservations {
 public:
  explicit DiscoveryObservations(Connection& connection);
  ~DiscoveryObservations();

  // Begins to watch; the same token again replaces (RFC 7641 §3.1). Errors: of Cloud::watch_directory, too
  // many.
  awaitable<Result<void>> start(Exchange& exchange, cloud::Caller caller, DiscoveryQuery query);
  // Marks the first answer as the observation's beginning; a refusal ends it.
  void begin(const coap::Token& token, Discovery& first);
  // The first answer is sent: from here on changes are, those that came before too.
  void answered(const coap::Token& token);
  void cancel(const coap::Token& token);
  void clear();
  std::size_t size() const { return observed_.size(); }

 private:
  struct Observed;

  void on_change(Observed& observed);
  static awaitable<void> read_again(std::shared_ptr<Connection> connection, coap::Token token,
                                    std::uint64_t number);
  // nullptr: it ended, or another one has its token.
  Observed* find(const coap::Token& token, std::uint64_t number);

  Connection& connection_;
  std::uint64_t next_number_ = 1;
  std::unordered_map<coap::Token, std::unique_ptr<Observed>> observed_;
};

}  // namespace ocf::gateway
