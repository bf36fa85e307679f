// The network of a simulation: connections in memory between named hosts and the hub, with delays, segments
// that are split, partitions, resets, and a hub that vanishes.
#pragma once

#include "net/stream.hpp"
#include "sim/connect_to.hpp"
#include "tests/simulation/world.hpp"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ocf::simulation {

// Lives in its world, which outlives it; outlives its streams.
class Network {
 public:
  using Accept = std::function<void(std::unique_ptr<net::Stream>)>;

  // How it treats what it carries; may change at any time.
  struct Weather {
    Pause delay_max{2'000};
    unsigned splits = 0;      // per mille of the messages that arrive in two segments
    bool overtaking = false;  // the negative control: no order of what a host sends on one connection
  };

  explicit Network(World& world) : world_(world) {}

  // The hub listens. Null: nobody does, and who connects is refused.
  void listen(Accept accept) { accept_ = std::move(accept); }
  sim::Connector from(std::string host);

  // Nothing gets through to or from the host, and nobody is told; what was sent arrives afterwards.
  void cut(const std::string& host);
  void mend(const std::string& host);
  // What the host says on its connections takes up to so much longer from now on.
  void delay(const std::string& host, Pause more_max);
  // Ends the connections of the host; what it has said before is still on its way to the hub.
  void reset(const std::string& host);

  // With the process its sockets are gone: peers are reset. Without power nobody tells them.
  enum class Death { process, power };
  void hub_dies(Death death);

  Weather weather;

 private:
  class End;
  class Link;
  friend class Link;

  awaitable<Result<std::unique_ptr<net::Stream>>> connect(std::string host);
  bool is_cut(const std::string& host) const { return cut_.contains(host); }
  std::vector<std::shared_ptr<Link>> links_of(const std::string& host) const;
  Pause draw_delay();

  World& world_;
  Accept accept_;
  std::map<std::string, std::vector<std::function<void()>>> cut_;  // what waits for the end of the cut
  std::list<std::weak_ptr<Link>> links_;                           // the oldest first
  unsigned connections_ = 0;
};

}  // namespace ocf::simulation
