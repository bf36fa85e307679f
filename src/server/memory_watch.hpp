// MemoryWatch: keeps the process within limits.memory_bytes_max, at the cost of who has not signed in.
#pragma once

#include "base/limits.hpp"
#include "gateway/gateway.hpp"
#include "server/observability/log.hpp"
#include "telemetry/limit_hits.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ocf::server {

// Looks once a second. While there is more than may be, it closes the newest of those who have not signed in,
// so many at each look, and nobody is accepted. Lives on the shard; everything it gets outlives it.
class MemoryWatch {
 public:
  static constexpr std::chrono::seconds interval{1};
  static constexpr std::size_t closed_at_a_look = 1000;

  MemoryWatch(net::Shard& shard, gateway::Gateway& gateway, telemetry::LimitHits& hits, const Limits& limits,
              LogSink log);

  void start();
  void stop() { timer_.cancel(); }

  // How much may be: the limit, or three quarters of what the machine, or the control group, has.
  std::uint64_t budget_bytes() const;
  // At the last look.
  std::uint64_t resident_bytes() const { return resident_bytes_; }
  bool is_short() const { return is_short_; }

 private:
  void look();
  void say(telemetry::Level level, std::string_view event, std::string text) const;

  boost::asio::steady_timer timer_;
  gateway::Gateway& gateway_;
  telemetry::LimitHits& hits_;
  const Limits& limits_;
  const LogSink log_;
  const std::uint64_t machine_bytes_;
  std::uint64_t resident_bytes_ = 0;
  bool is_short_ = false;
};

}  // namespace ocf::server
