// Pulse: whether the shard's loop keeps time.
#pragma once

#include "base/time.hpp"
#include "net/shard.hpp"
#include "telemetry/histogram.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace ocf::server {

// A timer that is due four times a second: how late it is, whatever else runs on the shard is late as well.
// Lives on the shard.
class Pulse {
 public:
  static constexpr std::chrono::milliseconds interval{250};

  explicit Pulse(net::Shard& shard) : timer_(shard.context()) {}

  void start();
  void stop() { timer_.cancel(); }

  const telemetry::Histogram& delays() const { return delays_; }
  // The last one.
  std::chrono::nanoseconds delay() const { return delay_; }

 private:
  boost::asio::steady_timer timer_;
  telemetry::Histogram delays_;
  std::chrono::nanoseconds delay_{0};
};

}  // namespace ocf::server
