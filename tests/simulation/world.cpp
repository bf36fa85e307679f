#include "tests/simulation/world.hpp"

#include "base/assert.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace ocf::simulation {
namespace {

constexpr Time wall_begin{std::chrono::hours(500'000)};
// More than any moment has to do: nobody waits, and it does not end.
constexpr std::size_t handlers_per_moment_max = 10'000'000;

}  // namespace

void Trace::say(std::chrono::nanoseconds at, std::string_view who, std::string_view what) {
  char time[32];
  std::snprintf(time, sizeof time, "%12.6f  ", static_cast<double>(at.count()) / 1e9);
  std::string line(time);
  line.append(who).append(who.size() < 12 ? 12 - who.size() : 0, ' ').append("  ").append(what) += '\n';
  for (const char letter : line) {
    hash_ ^= static_cast<std::uint8_t>(letter);
    hash_ *= 1099511628211ull;
  }
  if (show_ == Show::on_output) std::fputs(line.c_str(), stdout);
}

// What chance does to the world does not depend on how often the hub draws, so both have a sequence.
World::World(std::uint64_t seed, Trace& trace)
    : trace_(trace),
      simulation_(seed, wall_begin),
      begin_(simulation_.steady_now()),
      draw_(~seed),
      work_(boost::asio::make_work_guard(shard_.context())) {}

void World::after(Pause pause, std::function<void()> work) {
  auto timer = std::make_shared<net::SteadyTimer>(shard_.context(), pause);
  timer->async_wait([timer, work = std::move(work)](const Error& error) {
    if (!error) work();
  });
}

awaitable<void> World::sleep(Pause pause) {
  net::SteadyTimer timer(co_await boost::asio::this_coro::executor, pause);
  co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

void World::turn(SteadyTime end) {
  auto& loop = shard_.context();
  for (std::size_t handlers = 0; loop.poll_one() > 0; ++handlers)
    OCF_ASSERT(handlers < handlers_per_moment_max, "somebody has to wait for something");
  const SteadyTime now = simulation_.steady_now();
  const SteadyTime next = std::min(end, std::max(now, simulation_.next_deadline()));
  simulation_.advance(next);
  // Asio looks at its timers when another one is the earliest and due: this one makes it look now.
  bool looked = false;
  net::SteadyTimer look(loop, next - std::chrono::nanoseconds(1));
  look.async_wait([&looked](const Error&) { looked = true; });
  while (!looked) loop.run_one();
}

void World::run_for(std::chrono::nanoseconds time) {
  const SteadyTime end = simulation_.steady_now() + time;
  while (simulation_.steady_now() < end) turn(end);
}

bool World::run_until(const std::function<bool()>& condition, std::chrono::nanoseconds time_max) {
  const SteadyTime end = simulation_.steady_now() + time_max;
  while (!condition() && simulation_.steady_now() < end) turn(end);
  return condition();
}

void World::fail(std::string what) {
  say("FAILED", what);
  failures_.push_back(std::move(what));
}

}  // namespace ocf::simulation
