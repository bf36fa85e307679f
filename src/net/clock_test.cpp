#include "net/clock.hpp"

#include "base/simulation.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <string>

namespace ocf::net {
namespace {

using std::chrono::hours;

TEST(Clock, TimersOfASimulationWaitUntilItsClockIsMoved) {
  Simulation simulation(1, Time(hours(500'000)));
  boost::asio::io_context loop;
  std::string fired;
  SteadyTimer late(loop, hours(2));
  late.async_wait([&fired](const Error&) { fired += 'b'; });
  SteadyTimer early(loop, hours(1));
  early.async_wait([&fired](const Error&) { fired += 'a'; });
  SteadyTimer never(loop, SteadyTime::max());
  never.async_wait([&fired](const Error&) { fired += 'c'; });
  while (loop.poll_one() > 0) {
  }
  EXPECT_EQ(fired, "");
  EXPECT_EQ(simulation.next_deadline(), steady_now() + hours(1));

  simulation.advance(simulation.next_deadline());
  while (fired.empty()) loop.run_one();
  EXPECT_EQ(fired, "a");
  EXPECT_EQ(simulation.next_deadline(), steady_now() + hours(1));
  simulation.advance(simulation.next_deadline());
  while (fired.size() < 2) loop.run_one();
  EXPECT_EQ(fired, "ab");
  EXPECT_EQ(simulation.next_deadline(), SteadyTime::max());
}

TEST(Clock, IsTheMachinesOwnWithoutASimulation) {
  const auto before = std::chrono::steady_clock::now();
  const SteadyTime read = steady_now();
  EXPECT_LE(before, read);
  EXPECT_LE(read, std::chrono::steady_clock::now());
}

}  // namespace
}  // namespace ocf::net
