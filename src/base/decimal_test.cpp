#include "base/decimal.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace ocf {
namespace {

TEST(Decimal, IsTheWholeText) {
  EXPECT_EQ(parse_decimal<std::uint16_t>("0"), 0);
  EXPECT_EQ(parse_decimal<std::uint16_t>("65535"), 65535);
  EXPECT_EQ(parse_decimal<std::int64_t>("-7"), -7);
  for (const char* text : {"", " 1", "1 ", "+1", "0x1", "1.0", "one", "1,000"})
    EXPECT_EQ(parse_decimal<std::int64_t>(text), std::nullopt) << text;
}

TEST(Decimal, FitsIntoItsType) {
  EXPECT_EQ(parse_decimal<std::uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(parse_decimal<std::uint16_t>("-1"), std::nullopt);
  EXPECT_EQ(parse_decimal<std::uint64_t>("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_decimal<std::uint64_t>("18446744073709551616"), std::nullopt);
}

}  // namespace
}  // namespace ocf
