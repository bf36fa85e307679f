#include "base/simulation.hpp"

#include "base/assert.hpp"

namespace ocf {

thread_local constinit Simulation* Simulation::current_ = nullptr;

Simulation::Simulation(std::uint64_t seed, Time wall) : wall_(wall), random_(seed) {
  OCF_ASSERT(current_ == nullptr, "a thread has one simulation");
  current_ = this;
}

Simulation::~Simulation() { current_ = nullptr; }

void Simulation::advance(SteadyTime to) {
  OCF_ASSERT(to >= steady_, "a monotonic clock");
  wall_ += to - steady_;
  steady_ = to;
}

void Simulation::fill_random(std::span<std::uint8_t> bytes) {
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_());
}

}  // namespace ocf
