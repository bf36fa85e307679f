#include "base/token_bucket.hpp"

#include <gtest/gtest.h>

namespace ocf {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr SteadyTime start{std::chrono::hours(1)};

unsigned taken(TokenBucket& bucket, SteadyTime now) {
  unsigned count = 0;
  while (bucket.take(now)) ++count;
  return count;
}

TEST(TokenBucket, GivesTenSecondsWorthAtOnceAndThenItsRate) {
  const unsigned per_second = 20;
  TokenBucket bucket(per_second);
  EXPECT_EQ(taken(bucket, start), 200u);
  EXPECT_EQ(bucket.wait(start), milliseconds(50));
  EXPECT_EQ(taken(bucket, start + milliseconds(49)), 0u);
  EXPECT_EQ(taken(bucket, start + milliseconds(50)), 1u);
  EXPECT_EQ(taken(bucket, start + seconds(1)), 19u);
}

TEST(TokenBucket, IsFullAgainAfterTenSecondsAndHoldsNoMore) {
  const unsigned per_second = 3;
  TokenBucket bucket(per_second);
  EXPECT_TRUE(bucket.is_full(start));
  EXPECT_EQ(taken(bucket, start), 30u);
  EXPECT_FALSE(bucket.is_full(start + milliseconds(9'900)));
  EXPECT_TRUE(bucket.is_full(start + seconds(10)));
  EXPECT_EQ(taken(bucket, start + seconds(3600)), 30u);
}

TEST(TokenBucket, HasNothingToWaitForWhileThereIsOne) {
  const unsigned per_second = 1;
  TokenBucket bucket(per_second);
  EXPECT_EQ(bucket.wait(start), seconds(0));
  EXPECT_TRUE(bucket.take(start));
  EXPECT_EQ(bucket.wait(start), seconds(0));
}

TEST(TokenBucket, FollowsARateThatChanges) {
  unsigned per_second = 1;
  TokenBucket bucket(per_second);
  EXPECT_EQ(taken(bucket, start), 10u);
  per_second = 100;
  EXPECT_EQ(taken(bucket, start + seconds(1)), 100u);
}

}  // namespace
}  // namespace ocf
