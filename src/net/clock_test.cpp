#include "net/clock.hpp"

#include "base/simulation.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <string>

namespace ocf::net {
namespace {

using std::chrono::hours;

// Whoever moves the clock makes the loop look at its timers, by one that was due before.
void pass_to(SteadyTime moment, Simulation& simulation, boost::asio::io_context& loop) {
  simulation.advance(moment);
  bool looked = false;
  SteadyTimer look(loop, moment - std::chrono::nanoseconds(1));
  look.async_wait([&looked](const Error&) { looked = true; });
  while (!looked) loop.run_one();
  loop.poll();
}

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

  pass_to(simulation.next_deadline(), simulation, loop);
  EXPECT_EQ(fired, "a");
  EXPECT_EQ(simulation.next_deadline(), steady_now() + hours(1));
  pass_to(simulation.next_deadline(), simulation, loop);
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
