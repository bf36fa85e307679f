// What the client on a connection observes (RFC 7641): each observation is a watch in the cloud, notified in
// order.
#pragma once

#include "cloud/cloud.hpp"
#include "coap/message.hpp"
#include "gateway/discovery_observations.hpp"
#include "gateway/endpoint.hpp"
#include "gateway/endpoints/routing_path.hpp"
#include "gateway/routed.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace ocf::gateway {

// One per connection; lives on its shard. All watches end with it.
class Observations {
 public:
  explicit Observations(Connection& connection) : connection_(connection), discovery_(connection) {}

  // Begins to watch; the same token again replaces (RFC 7641 §3.1). Errors: not_found, too many.
  awaitable<Result<void>> start(Exchange& exchange, cloud::Caller caller, RoutingPath target);
  // Marks the first answer as the observation's beginning; later ones are of the same view.
  void begin(const coap::Token& token, Routed routed, coap::Message& answer);
  // The first answer is sent: from here on changes are, those that came before too.
  void answered(const coap::Token& token);
  void cancel(const coap::Token& token);
  void clear();

  // Those of /oic/res. One token is of one observation, of either kind.
  DiscoveryObservations& discovery() { return discovery_; }
  bool are_full(const Limits& limits) const { return size() >= limits.observations_per_connection_max; }
  std::size_t size() const { return observed_.size() + discovery_.size(); }

 private:
  struct Observed {
    coap::Message request;
    std::unique_ptr<cloud::Watch> watch;
    std::optional<Routed> routed;  // from the first answer on
    std::uint32_t sequence = 0;    // 24 bit (RFC 7641 §4.4)
    bool live = false;
    bool changed = false;
    bool ended = false;                            // the client was told so
    std::optional<shadow::Representation> latest;  // nullopt: the resource is gone
    Bytes answered;                                // what the first answer said, not to be said again
  };

  void on_change(const coap::Token& token, const shadow::Representation* now);
  void send(Observed& observed);
  void drop_ended();

  Connection& connection_;
  std::unordered_map<coap::Token, Observed> observed_;
  std::vector<coap::Token> ended_;  // dropped later: a watch must not end within its own callback
  DiscoveryObservations discovery_;
};

}  // namespace ocf::gateway
