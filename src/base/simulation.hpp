// What a simulation puts in the place of the machine's clocks and randomness.
#pragma once

#include "base/bytes.hpp"
#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <random>
#include <span>

namespace ocf {

// While one lives, its thread has no other clocks and no other randomness: net::steady_now(),
// net::wall_now(), every net::SteadyTimer and random_bytes() ask it, so what the thread does depends on the
// seed alone. Time moves only by advance(). One per thread; production has none and pays one comparison per
// question (docs/adr/0011-simulation.md).
class Simulation {
 public:
  Simulation(std::uint64_t seed, Time wall);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Of this thread; nullptr: the machine's own clocks and randomness.
  static Simulation* current() { return current_; }

  SteadyTime steady_now() const { return steady_; }
  Time wall_now() const { return std::chrono::floor<std::chrono::milliseconds>(wall_); }

  // Both clocks go on to this moment, which is not in the past.
  void advance(SteadyTime to);
  // Somebody sets the wall clock, forwards or back.
  void step_wall(std::chrono::milliseconds by) { wall_ += by; }

  void fill_random(std::span<std::uint8_t> bytes);

  // The next moment at which a timer is due, as the loop said it last; it may be too early, never too late.
  // SteadyTime::max(): nothing waits.
  SteadyTime next_deadline() const { return next_deadline_; }
  void note_deadline(SteadyTime deadline) { next_deadline_ = deadline; }

 private:
  static thread_local constinit Simulation* current_;

  SteadyTime steady_{std::chrono::hours(1)};
  std::chrono::sys_time<SteadyTime::duration> wall_;
  SteadyTime next_deadline_ = SteadyTime::max();
  std::mt19937_64 random_;
};

}  // namespace ocf
