#include "cloud/query.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ocf::cloud {
namespace {

const Limits limits;

TEST(Query, HasPartsThatFitIntoOptions) {
  for (const std::string& query :
       {std::string(), std::string("if=oic.if.baseline"), std::string("a=\xc3\xa4&&b"),
        std::string(255, 'a') + '&' + std::string(255, 'b')}) {
    EXPECT_TRUE(check_query(query, limits)) << query;
  }
  for (const std::string& query :
       {std::string(256, 'a'), "a&" + std::string(256, 'b'), std::string("x=\xff")})
    EXPECT_EQ(check_query(query, limits).error(), QueryError::malformed) << query;
}

TEST(Query, IsNotLongerThanTheOptionsOfAMessage) {
  Limits small;
  small.options_per_message_max = 3;
  small.option_bytes_max = 10;
  EXPECT_TRUE(check_query("a&b&c", small));
  EXPECT_EQ(check_query("a&b&c&d", small).error(), QueryError::too_long);
  EXPECT_TRUE(check_query("aaaaa&bbbb", small));
  EXPECT_EQ(check_query("aaaaa&bbbbb", small).error(), QueryError::too_long);
}

TEST(Query, IsTakenApart) {
  std::string_view query = "a=b&&c";
  EXPECT_EQ(take_part(query), "a=b");
  EXPECT_EQ(take_part(query), "");
  EXPECT_EQ(take_part(query), "c");
  EXPECT_TRUE(query.empty());
}

}  // namespace
}  // namespace ocf::cloud
