#include "cloud/owner_rates.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ocf::cloud {
namespace {

constexpr SteadyTime start{std::chrono::hours(1)};

class OwnerRatesTest : public testing::Test {
 protected:
  bool take(const std::string& owner, SteadyTime now = start, const std::string& tenant = "t") {
    return rates_.take(account::Tenant(tenant), account::Owner(owner), now);
  }

  const unsigned per_second_ = 1;
  OwnerRates rates_{per_second_, 3};
};

TEST_F(OwnerRatesTest, AreOfEachOwnerInEachTenant) {
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(take("alice"));
  EXPECT_FALSE(take("alice"));
  EXPECT_TRUE(take("bob"));
  EXPECT_TRUE(take("alice", start, "another tenant"));
  EXPECT_TRUE(take("alice", start + std::chrono::seconds(1)));
}

TEST_F(OwnerRatesTest, AreForgottenOnceTheyMakeNoDifference) {
  for (int owner = 0; owner < 1000; ++owner) {
    EXPECT_TRUE(take(std::to_string(owner), start + std::chrono::seconds(owner)));
    EXPECT_LE(rates_.size(), 3u);
  }
}

TEST_F(OwnerRatesTest, AreNeverMoreThanThat) {
  for (int owner = 0; owner < 1000; ++owner) {
    EXPECT_TRUE(take(std::to_string(owner)));
    EXPECT_LE(rates_.size(), 3u);
  }
}

}  // namespace
}  // namespace ocf::cloud
