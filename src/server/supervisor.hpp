// What the hub tells the service manager that started it: sd_notify(3), and the watchdog of systemd.
#pragma once

#include "net/shard.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>

namespace ocf::server {

// Lives on the shard. Without a service manager (NOTIFY_SOCKET) nothing is told to nobody.
class Supervisor {
 public:
  explicit Supervisor(net::Shard& shard);

  // From now on the watchdog, where one is set (WATCHDOG_USEC), hears of the shard twice in its time: a loop
  // that hangs is silent, and the manager ends and restarts the hub.
  void ready();
  // Until the next ready() it reads its configuration anew.
  void reloading();
  void stopping();

 private:
  void tell_watchdog();

  const std::chrono::microseconds watchdog_;  // 0: none
  boost::asio::steady_timer timer_;
};

}  // namespace ocf::server
