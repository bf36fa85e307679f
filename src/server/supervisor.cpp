#include "server/supervisor.hpp"

#include <fmt/format.h>

#include <ctime>
#include <systemd/sd-daemon.h>

namespace ocf::server {
namespace {

std::chrono::microseconds watchdog_time() {
  std::uint64_t microseconds = 0;
  return std::chrono::microseconds(sd_watchdog_enabled(0, &microseconds) > 0 ? microseconds : 0);
}

// Since when the manager has to wait for the READY that follows, on the clock that it compares with.
std::uint64_t monotonic_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

Supervisor::Supervisor(net::Shard& shard) : watchdog_(watchdog_time()), timer_(shard.context()) {}

void Supervisor::ready() {
  sd_notify(0, "READY=1");
  if (watchdog_.count() > 0) tell_watchdog();
}

void Supervisor::reloading() {
  sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()).c_str());
}

void Supervisor::stopping() {
  timer_.cancel();
  sd_notify(0, "STOPPING=1");
}

void Supervisor::tell_watchdog() {
  sd_notify(0, "WATCHDOG=1");
  timer_.expires_after(watchdog_ / 2);
  timer_.async_wait([this](const boost::system::error_code& canceled) {
    if (!canceled) tell_watchdog();
  });
}

}  // namespace ocf::server
