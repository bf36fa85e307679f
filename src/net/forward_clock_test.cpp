#include "net/forward_clock.hpp"

#include "base/simulation.hpp"
#include "net/clock.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ocf::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

struct ForwardClockTest : testing::Test {
  void pass(milliseconds time) { simulation.advance(steady_now() + time); }

  Simulation simulation{1, Time(hours(500'000))};
  std::vector<milliseconds> told;
  ForwardClock clock{[this](milliseconds behind) { told.push_back(behind); }};
};

TEST_F(ForwardClockTest, IsTheWallClockWhileNobodySetsItBack) {
  EXPECT_EQ(clock.now(), wall_now());
  pass(milliseconds(1500));
  EXPECT_EQ(clock.now(), wall_now());
  simulation.step_wall(hours(2));
  EXPECT_EQ(clock.now(), wall_now());
  EXPECT_TRUE(told.empty());
}

TEST_F(ForwardClockTest, GoesOnWhenTheWallClockIsSetBackAndTellsItOnce) {
  const Time before = clock.now();
  simulation.step_wall(-hours(1));
  EXPECT_EQ(clock.now(), before);
  pass(minutes(5));
  EXPECT_EQ(clock.now(), before + minutes(5));
  EXPECT_EQ(told, std::vector<milliseconds>{hours(1)});
  simulation.step_wall(-hours(1));
  EXPECT_EQ(clock.now(), before + minutes(5));
  EXPECT_EQ(told, (std::vector<milliseconds>{hours(1), hours(2)}));
}

TEST_F(ForwardClockTest, FollowsTheWallClockAgainOnceThatHasCaughtUp) {
  const Time before = clock.now();
  simulation.step_wall(-minutes(10));
  EXPECT_EQ(clock.now(), before);
  simulation.step_wall(minutes(11));
  EXPECT_EQ(clock.now(), before + minutes(1));
  EXPECT_EQ(clock.now(), wall_now());
  simulation.step_wall(-minutes(2));
  EXPECT_EQ(clock.now(), before + minutes(1));
  EXPECT_EQ(told, (std::vector<milliseconds>{minutes(10), minutes(2)}));
}

}  // namespace
}  // namespace ocf::net
