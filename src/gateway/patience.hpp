// Waiting for a store that is away: pauses that grow, up to a limit, and end early with their owner.
#pragma once

#include "base/result.hpp"
#include "net/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <vector>

namespace ocf::gateway {

// Whether to try again is worth it: the store or the authorization server does not answer now.
bool is_outage(const Error& error);

// Lives in its connection. Several coroutines may wait at once; each keeps its own pause.
class Patience {
 public:
  using Pause = std::chrono::milliseconds;
  static constexpr Pause first_pause{100};
  static constexpr Pause pause_max{2000};

  // Waits, and doubles the pause for the next time. False: the owner gave up meanwhile.
  boost::asio::awaitable<bool> wait(Pause& pause);
  // Ends all waits.
  void give_up();

 private:
  std::vector<net::SteadyTimer*> waiting_;  // in the order of their coming
};

}  // namespace ocf::gateway
