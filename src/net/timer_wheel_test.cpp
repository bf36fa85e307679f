#include "net/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

namespace ocf::net {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1h};

struct Firings {
  Timer::Callback record() {
    return [this](SteadyTime now) { times.push_back(now); };
  }
  std::vector<SteadyTime> times;
};

TEST(TimerWheel, FiresOnceAndNotBeforeTheDeadline) {
  TimerWheel wheel;
  Firings fired;
  Timer timer(wheel, fired.record());
  wheel.advance(start);
  timer.schedule(start + 250ms);
  for (auto now = start; now < start + 250ms; now += 1ms) wheel.advance(now);
  EXPECT_TRUE(fired.times.empty());
  EXPECT_TRUE(timer.scheduled());
  wheel.advance(start + 300ms);
  wheel.advance(start + 400ms);
  EXPECT_EQ(fired.times, std::vector{start + 300ms});
  EXPECT_FALSE(timer.scheduled());
  EXPECT_EQ(wheel.scheduled(), 0u);
}

TEST(TimerWheel, FiresAPastDeadlineAtTheNextTick) {
  TimerWheel wheel;
  Firings fired;
  Timer timer(wheel, fired.record());
  wheel.advance(start);
  timer.schedule(start - 10s);
  wheel.advance(start + 99ms);
  EXPECT_TRUE(fired.times.empty());
  wheel.advance(start + 100ms);
  EXPECT_EQ(fired.times.size(), 1u);
}

TEST(TimerWheel, WaitsForTheRightTurnOfTheWheel) {
  TimerWheel wheel;
  Firings fired;
  Timer timer(wheel, fired.record());
  wheel.advance(start);
  timer.schedule(start + 10min);
  for (auto now = start; now < start + 10min; now += 100ms) wheel.advance(now);
  EXPECT_TRUE(fired.times.empty());
  wheel.advance(start + 10min);
  EXPECT_EQ(fired.times.size(), 1u);
}

TEST(TimerWheel, CancelsByCallAndByDestruction) {
  TimerWheel wheel;
  Firings fired;
  Timer cancelled(wheel, fired.record());
  cancelled.schedule(start);
  {
    Timer destroyed(wheel, fired.record());
    destroyed.schedule(start);
    EXPECT_EQ(wheel.scheduled(), 2u);
  }
  cancelled.cancel();
  cancelled.cancel();
  EXPECT_EQ(wheel.scheduled(), 0u);
  wheel.advance(start + 1s);
  EXPECT_TRUE(fired.times.empty());
}

TEST(TimerWheel, FiresInTurnsWhatComesAtOnce) {
  TimerWheel wheel;
  Firings fired;
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 10; ++i) {
    timers.push_back(std::make_unique<Timer>(wheel, fired.record()));
    timers.back()->schedule(start);
  }
  EXPECT_TRUE(wheel.advance(start + 100ms, 4));
  EXPECT_EQ(fired.times.size(), 4u);
  timers[4]->cancel();
  timers[5]->schedule(start + 1s);
  EXPECT_FALSE(wheel.advance(start + 100ms, 4));
  EXPECT_EQ(fired.times.size(), 8u);
  EXPECT_FALSE(wheel.advance(start + 1s, 4));
  EXPECT_EQ(fired.times.size(), 9u);
}

TEST(TimerWheel, ReschedulingReplacesTheDeadline) {
  TimerWheel wheel;
  Firings fired;
  Timer timer(wheel, fired.record());
  wheel.advance(start);
  timer.schedule(start + 1s);
  timer.schedule(start + 3s);
  wheel.advance(start + 2s);
  EXPECT_TRUE(fired.times.empty());
  timer.schedule(start + 2500ms);
  wheel.advance(start + 2500ms);
  wheel.advance(start + 5s);
  EXPECT_EQ(fired.times, std::vector{start + 2500ms});
}

TEST(TimerWheel, LetsACallbackRescheduleItselfAndCancelAnother) {
  TimerWheel wheel;
  int ticks = 0;
  Firings fired;
  Timer victim(wheel, fired.record());
  Timer repeating(wheel, [&](SteadyTime now) {
    victim.cancel();
    if (++ticks < 3) repeating.schedule(now + 100ms);
  });
  repeating.schedule(start);
  victim.schedule(start);  // behind it in the same slot, so due in the same call
  for (auto now = start; now < start + 1s; now += 100ms) wheel.advance(now);
  EXPECT_EQ(ticks, 3);
  EXPECT_TRUE(fired.times.empty());
}

TEST(TimerWheel, TellsWhenTheFirstTimerIsScheduled) {
  int told = 0;
  TimerWheel wheel(100ms, [&] { ++told; });
  Firings fired;
  Timer one(wheel, fired.record());
  Timer two(wheel, fired.record());
  one.schedule(start);
  two.schedule(start);
  EXPECT_EQ(told, 1);
  wheel.advance(start);
  one.schedule(start + 1s);
  EXPECT_EQ(told, 2);
}

TEST(TimerWheel, FiresEachOfManyWithinOneTickOfItsDeadline) {
  TimerWheel wheel;
  std::mt19937 random(7);
  std::uniform_int_distribution<int> milliseconds(0, 300'000);
  wheel.advance(start);
  std::vector<std::pair<SteadyTime, SteadyTime>> deadlines_and_firings(20'000);
  std::deque<Timer> timers;
  for (auto& [deadline, fired] : deadlines_and_firings) {
    deadline = start + std::chrono::milliseconds(milliseconds(random));
    timers.emplace_back(wheel, [&fired = fired](SteadyTime now) { fired = now; });
    timers.back().schedule(deadline);
  }
  for (auto now = start; now <= start + 301s; now += 37ms) wheel.advance(now);
  EXPECT_EQ(wheel.scheduled(), 0u);
  for (const auto& [deadline, fired] : deadlines_and_firings) {
    EXPECT_GE(fired, deadline);
    EXPECT_LE(fired, deadline + 200ms + 37ms);  // a past deadline waits for the next tick
  }
}

}  // namespace
}  // namespace ocf::net
