#include "gateway/newcomers.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace ocf::gateway {
namespace {

Newcomers::Address address(const char* text) { return boost::asio::ip::make_address(text); }

class NewcomersTest : public testing::Test {
 protected:
  NewcomersTest() {
    limits_.unauthenticated_connections_max = 3;
    limits_.unauthenticated_connections_per_address_max = 2;
  }

  Newcomers::Place enter(const char* from) { return newcomers_.enter(nullptr, address(from)); }

  Limits limits_;
  Newcomers newcomers_{limits_};
};

TEST_F(NewcomersTest, AreCountedForEachAddress) {
  const auto first = enter("192.0.2.1");
  EXPECT_EQ(newcomers_.limit_above(address("192.0.2.1")), "");
  std::optional<Newcomers::Place> second(enter("192.0.2.1"));
  EXPECT_EQ(newcomers_.limit_above(address("192.0.2.1")), "unauthenticated_connections_per_address_max");
  EXPECT_EQ(newcomers_.limit_above(address("192.0.2.2")), "");
  second.reset();
  EXPECT_EQ(newcomers_.limit_above(address("192.0.2.1")), "");
}

TEST_F(NewcomersTest, OfOneSubscriberOfIpv6AreCountedTogether) {
  const auto first = enter("2001:db8::1");
  const auto second = enter("2001:db8::2");
  EXPECT_EQ(newcomers_.limit_above(address("2001:db8::3")), "unauthenticated_connections_per_address_max");
  EXPECT_EQ(newcomers_.limit_above(address("2001:db8:0:1::3")), "");
}

TEST_F(NewcomersTest, AreCountedTogetherToo) {
  const auto first = enter("192.0.2.1");
  const auto second = enter("192.0.2.2");
  std::optional<Newcomers::Place> third(enter("192.0.2.3"));
  EXPECT_EQ(newcomers_.limit_above(address("192.0.2.4")), "unauthenticated_connections_max");
  third.reset();
  EXPECT_EQ(newcomers_.limit_above(address("192.0.2.4")), "");
  EXPECT_EQ(newcomers_.size(), 2u);
}

TEST_F(NewcomersTest, ThatMoveAreOneStill) {
  {
    Newcomers::Place place = enter("192.0.2.1");
    const Newcomers::Place moved(std::move(place));
    EXPECT_EQ(newcomers_.size(), 1u);
  }
  EXPECT_EQ(newcomers_.size(), 0u);
}

}  // namespace
}  // namespace ocf::gateway
