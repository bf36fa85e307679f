#include "http/target.hpp"

#include "http/error.hpp"

#include <gtest/gtest.h>

namespace ocf::http {
namespace {

using Segments = std::vector<std::string>;

TEST(Target, SplitsThePathBeforeItDecodesTheSegments) {
  const auto target = Target::parse("/api/v1/devices/x/resources/light%2F1/%7Ea");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, (Segments{"api", "v1", "devices", "x", "resources", "light/1", "~a"}));
  EXPECT_TRUE(target->query.empty());
}

TEST(Target, DecodesTheQueryAsFormsAreEncoded) {
  const auto target = Target::parse("/a?if=oic.if.baseline&n=two+words%2Bplus&flag&empty=");
  ASSERT_TRUE(target);
  const std::vector<Target::Parameter> expected{{"if", "oic.if.baseline", true},
                                                {"n", "two words+plus", true},
                                                {"flag", "", false},
                                                {"empty", "", true}};
  EXPECT_EQ(target->query, expected);
}

TEST(Target, FindsTheFirstParameterOfAName) {
  const auto target = Target::parse("/a?href=%2Flight%2F1&href=%2Fother");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->parameter("href"), "/light/1");
  EXPECT_EQ(target->parameter("device"), std::nullopt);
}

TEST(Target, RefusesWhatIsNoPathOrNoTextOnceDecoded) {
  for (const char* text : {"", "*", "devices", "http://hub/devices", "/a%2", "/a%zz", "/a b", "/a%00",
                           "/a%0a", "/a%7f", "/a%ff", "/a?x=%c3", "/a?%01=x", "/./", "/./devices"}) {
    const auto target = Target::parse(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error(), HttpError::malformed_target) << text;
  }
}

TEST(Target, KeepsTextBeyondAscii) {
  const auto target = Target::parse("/caf%C3%A9");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, (Segments{"caf\xc3\xa9"}));
}

}  // namespace
}  // namespace ocf::http
