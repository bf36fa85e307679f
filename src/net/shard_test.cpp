#include "net/shard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <vector>

namespace ocf::net {
namespace {

using namespace std::chrono_literals;

TEST(Shard, RunsPostedWorkOnItsThreadInTheOrderOfPosting) {
  Shard shard("shard-0");
  shard.start();
  std::vector<int> order;
  std::promise<void> done;
  for (int i = 0; i < 1000; ++i) {
    shard.post([&order, i] { order.push_back(i); });
  }
  std::thread::id ran_on;
  shard.post([&] {
    ran_on = std::this_thread::get_id();
    done.set_value();
  });
  done.get_future().wait();
  EXPECT_NE(ran_on, std::this_thread::get_id());
  ASSERT_EQ(order.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  shard.stop();
  shard.join();
}

TEST(Shard, PassesValuesToAndFroBetweenTwoShards) {
  Shard one("shard-1");
  Shard two("shard-2");
  one.start();
  two.start();
  std::promise<int> answer;
  std::function<void(int)> pass = [&](int round) {
    if (round == 1000) return answer.set_value(round);
    Shard& next = round % 2 == 0 ? two : one;
    next.post([&pass, round] { pass(round + 1); });
  };
  one.post([&] { pass(0); });
  EXPECT_EQ(answer.get_future().get(), 1000);
  for (Shard* shard : {&one, &two}) {
    shard->stop();
    shard->join();
  }
}

TEST(Shard, DrivesItsTimersAndNotTooEarly) {
  Shard shard("test");
  std::vector<SteadyTime> fired;
  Timer second(shard.timers(), [&](SteadyTime now) {
    fired.push_back(now);
    shard.stop();
  });
  Timer first(shard.timers(), [&](SteadyTime now) {
    fired.push_back(now);
    second.schedule(now + 50ms);
  });
  const SteadyTime begin = steady_now();
  first.schedule(begin + 30ms);
  shard.run();
  ASSERT_EQ(fired.size(), 2u);
  EXPECT_GE(fired[0], begin + 30ms);
  EXPECT_GE(fired[1], fired[0] + 50ms);
  EXPECT_GE(steady_now(), fired[1]);
}

}  // namespace
}  // namespace ocf::net
