// The world of a simulation: one thread, one clock that moves only when nothing is left to do, one seed, and
// a trace of what happened.
#pragma once

#include "base/simulation.hpp"
#include "net/clock.hpp"
#include "net/shard.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ocf::simulation {

template <class T>
using awaitable = boost::asio::awaitable<T>;

using Pause = std::chrono::microseconds;

// What chance decides: the same seed, the same answers.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  bool chance(unsigned per_mille) { return below(1000) < per_mille; }
  // Never none: in a simulation nothing happens at once.
  Pause between(Pause min, Pause max) {
    return min + Pause(below(static_cast<std::uint64_t>((max - min).count()) + 1)) + Pause(1);
  }

 private:
  std::mt19937_64 engine_;
};

// What happened, line by line. The hash tells two runs apart.
class Trace {
 public:
  // Nowhere, or on the standard output as it happens.
  enum class Show { nowhere, on_output };
  explicit Trace(Show show) : show_(show) {}

  void say(std::chrono::nanoseconds at, std::string_view who, std::string_view what);

  std::uint64_t hash() const { return hash_; }

 private:
  const Show show_;
  std::uint64_t hash_ = 14695981039346656037ull;  // FNV-1a
};

// Outlives everything that lives on its shard.
class World {
 public:
  World(std::uint64_t seed, Trace& trace);

  net::Shard& shard() { return shard_; }
  Simulation& simulation() { return simulation_; }
  Draw& draw() { return draw_; }

  // Since the beginning.
  std::chrono::nanoseconds time() const { return simulation_.steady_now() - begin_; }
  void say(std::string_view who, std::string_view what) { trace_.say(time(), who, what); }

  void after(Pause pause, std::function<void()> work);
  awaitable<void> sleep(Pause pause);

  // Runs everything until then.
  void run_for(std::chrono::nanoseconds time);
  // At most so long; whether it came true.
  bool run_until(const std::function<bool()>& condition, std::chrono::nanoseconds time_max);

  // Something that must not be.
  void fail(std::string what);
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  // Runs what is ready, then moves the clock to the next deadline, at most to `end`.
  void turn(SteadyTime end);

  Trace& trace_;
  Simulation simulation_;
  const SteadyTime begin_;
  Draw draw_;
  net::Shard shard_{"simulation"};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::string> failures_;
};

}  // namespace ocf::simulation
