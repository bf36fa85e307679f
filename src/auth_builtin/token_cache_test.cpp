#include "auth_builtin/token_cache.hpp"

#include <gtest/gtest.h>

namespace ocf::auth_builtin {
namespace {

es::StreamId stream(const std::string& device) {
  return es::StreamId(es::Tenant("default"), device, 0, "tokens");
}
TokenCache::Known known(es::Version version) { return {DeviceTokens::State{}, version}; }

TEST(TokenCache, KeepsTheNewest) {
  TokenCache cache(2);
  EXPECT_EQ(cache.find(stream("a")).version, 0u);
  cache.keep(stream("a"), known(2), cache.evictions());
  cache.keep(stream("a"), known(1), cache.evictions());
  EXPECT_EQ(cache.find(stream("a")).version, 2u);
  cache.keep(stream("a"), known(3), cache.evictions());
  EXPECT_EQ(cache.find(stream("a")).version, 3u);
}

TEST(TokenCache, DropsTheLeastRecentlyUsed) {
  TokenCache cache(2);
  cache.keep(stream("a"), known(1), 0);
  cache.keep(stream("b"), known(1), 0);
  cache.find(stream("a"));
  cache.keep(stream("c"), known(1), 0);
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.evictions(), 1u);
  EXPECT_EQ(cache.find(stream("a")).version, 1u);
  EXPECT_EQ(cache.find(stream("b")).version, 0u);
  EXPECT_EQ(cache.find(stream("c")).version, 1u);
}

TEST(TokenCache, DoesNotBringBackAStateThatMayBeOlderThanOneItDropped) {
  TokenCache cache(1);
  const std::uint64_t before_read = cache.evictions();
  cache.keep(stream("a"), known(2), before_read);  // a revocation, written while the read was under way
  cache.keep(stream("b"), known(1), before_read);
  cache.keep(stream("a"), known(1), before_read);
  EXPECT_EQ(cache.find(stream("a")).version, 0u);
}

TEST(TokenCache, RemembersAnAppendWhoseOutcomeIsUnknown) {
  TokenCache cache(1);
  TokenCache::Known unsure = known(0);
  unsure.unsettled =
      std::make_shared<const es::Append>(stream("a"), 0, std::vector<es::NewEvent>(1), std::nullopt);
  cache.keep(stream("a"), unsure, 0);
  EXPECT_NE(cache.find(stream("a")).unsettled, nullptr);
  cache.keep(stream("a"), known(1), 0);
  EXPECT_EQ(cache.find(stream("a")).unsettled, nullptr) << "it was settled";
  unsure.version = 1;
  cache.keep(stream("a"), unsure, 0);
  EXPECT_NE(cache.find(stream("a")).unsettled, nullptr);
}

TEST(TokenCache, DoesNotKeepThatNothingIsKnown) {
  TokenCache cache(1);
  cache.keep(stream("a"), known(0), 0);
  EXPECT_EQ(cache.size(), 0u);
}

}  // namespace
}  // namespace ocf::auth_builtin
