#include "server/memory_watch.hpp"

#include "server/process.hpp"

#include <fmt/format.h>

#include <malloc.h>
#include <utility>

namespace ocf::server {
namespace {

using telemetry::Level;

constexpr std::uint64_t mib = 1024 * 1024;

}  // namespace

MemoryWatch::MemoryWatch(net::Shard& shard, gateway::Gateway& gateway, telemetry::LimitHits& hits,
                         const Limits& limits, LogSink log)
    : timer_(shard.context()),
      gateway_(gateway),
      hits_(hits),
      limits_(limits),
      log_(std::move(log)),
      machine_bytes_(memory_of_machine()) {}

std::uint64_t MemoryWatch::budget_bytes() const {
  return limits_.memory_bytes_max != 0 ? limits_.memory_bytes_max : machine_bytes_ / 4 * 3;
}

void MemoryWatch::start() {
  timer_.expires_after(interval);
  timer_.async_wait([this](const boost::system::error_code& canceled) {
    if (canceled) return;
    look();
    start();
  });
}

void MemoryWatch::look() {
  resident_bytes_ = memory_of_process();
  if (resident_bytes_ > budget_bytes()) {
    malloc_trim(0);  // what was closed at the last look is the allocator's still
    resident_bytes_ = memory_of_process();
  }
  const bool was_short = std::exchange(is_short_, resident_bytes_ > budget_bytes());
  if (is_short_) {
    hits_.hit("memory_bytes_max");
    const std::size_t closed = gateway_.shed(closed_at_a_look);
    if (!was_short) {
      say(Level::warn, "memory_short",
          fmt::format("{} MiB of memory are in use, more than {} MiB (limits.memory_bytes_max): nobody is "
                      "accepted, and {} connections without a sign-in were closed",
                      resident_bytes_ / mib, budget_bytes() / mib, closed));
    }
  } else if (was_short) {
    gateway_.accept_again();
    say(Level::info, "memory_enough",
        fmt::format("{} MiB of memory are in use: connections are accepted again", resident_bytes_ / mib));
  }
}

void MemoryWatch::say(Level level, std::string_view event, std::string text) const {
  log_(telemetry::LogLine(level, event, std::move(text)));
}

}  // namespace ocf::server
