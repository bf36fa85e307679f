// The hub as it is in production, wired by hand: the real gateway, cloud, read models, authorization and bus
// on the simulated store and network. Each is one life of the process.
#pragma once

#include "auth_builtin/builtin_authorization.hpp"
#include "bus_local/local_event_bus.hpp"
#include "cloud/cloud.hpp"
#include "es/announcing_store.hpp"
#include "gateway/gateway.hpp"
#include "net/forward_clock.hpp"
#include "net/gate.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/store.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace ocf::simulation {

inline const account::Tenant& tenant() {
  static const account::Tenant name("default");
  return name;
}

// Lives in its world; the network, the limits and what the store's parts name outlive it. stop() has returned
// before it is destroyed.
class Hub {
 public:
  Hub(World& world, Network& network, const Limits& limits, Store::Parts store,
      const std::filesystem::path& signing_key);

  // False: it cannot serve, and is to be stopped.
  awaitable<bool> start();
  // A graceful end; of a dead process nothing but the end of its coroutines.
  awaitable<void> stop();
  // As if the process had been killed, or the power had gone.
  void die(Network::Death death);

  bool is_dead() const { return dead_; }
  cloud::Cloud& cloud() { return cloud_; }
  // A caller of the cloud, as its HTTP server has them: a stop waits until it has left. Errors: closed.
  Result<net::Gate::Holder> enter() { return callers_.enter(); }
  auth_builtin::BuiltinAuthorization& authorization() { return authorization_; }
  Store& store() { return store_; }

  // As the command line and the HTTP API have them.
  account::awaitable<Result<std::string>> issue_code(const std::string& owner);
  awaitable<Result<cloud::Caller>> user(const std::string& owner);

 private:
  World& world_;
  Network& network_;
  Store store_;
  bus_local::LocalEventBus bus_;
  es::AnnouncingStore announcing_;
  auth_builtin::BuiltinAuthorization authorization_;
  net::ForwardClock clock_;
  std::unique_ptr<account::Authorization> broken_authorization_;  // of two defects: shows too much
  cloud::Cloud cloud_;
  gateway::Gateway gateway_;
  net::Gate callers_;
  bool dead_ = false;
};

}  // namespace ocf::simulation
