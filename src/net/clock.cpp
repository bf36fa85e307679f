#include "net/clock.hpp"

#include "base/simulation.hpp"

namespace ocf::net {

SteadyTime steady_now() {
  const Simulation* simulation = Simulation::current();
  return simulation == nullptr ? std::chrono::steady_clock::now() : simulation->steady_now();
}

Time wall_now() {
  const Simulation* simulation = Simulation::current();
  if (simulation != nullptr) return simulation->wall_now();
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

SteadyClock::duration SteadyClock::Waiting::to_wait_duration(duration left) {
  Simulation* simulation = Simulation::current();
  if (simulation == nullptr) return left;
  const SteadyTime now = simulation->steady_now();
  const bool never = left > SteadyTime::max() - now;
  simulation->note_deadline(never ? SteadyTime::max() : now + left);
  return left <= duration::zero() ? duration::zero() : std::chrono::hours(1);
}

}  // namespace ocf::net
