#include "base/simulation.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace ocf {
namespace {

constexpr Time noon{std::chrono::hours(500'000)};

Bytes drawn(std::uint64_t seed) {
  const Simulation simulation(seed, noon);
  return random_bytes(300);
}

TEST(Simulation, DrawsTheSameForTheSameSeedAndOtherwiseNot) {
  EXPECT_EQ(drawn(1), drawn(1));
  EXPECT_NE(drawn(1), drawn(2));
}

TEST(Simulation, IsOfItsThreadAndOfItsTimeOnly) {
  EXPECT_EQ(Simulation::current(), nullptr);
  {
    const Simulation simulation(1, noon);
    EXPECT_EQ(Simulation::current(), &simulation);
    std::thread([] { EXPECT_EQ(Simulation::current(), nullptr); }).join();
  }
  EXPECT_EQ(Simulation::current(), nullptr);
  EXPECT_NE(random_uuid(), random_uuid());
}

TEST(Simulation, AStepOfTheWallClockLeavesTheMonotonicOneAlone) {
  Simulation simulation(1, noon);
  const SteadyTime begin = simulation.steady_now();
  simulation.advance(begin + std::chrono::microseconds(1500));
  simulation.step_wall(-std::chrono::hours(1));
  EXPECT_EQ(simulation.steady_now(), begin + std::chrono::microseconds(1500));
  EXPECT_EQ(simulation.wall_now(), noon - std::chrono::hours(1) + std::chrono::milliseconds(1));
}

}  // namespace
}  // namespace ocf
