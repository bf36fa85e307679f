#include "base/printable.hpp"

#include <gtest/gtest.h>

namespace ocf {
namespace {

TEST(Printable, KeepsALogLineOneLine) {
  EXPECT_EQ(printable("/light/1"), "/light/1");
  EXPECT_EQ(printable("a\nb\r\x1b[31m\xff"), "a%0ab%0d%1b[31m%ff");
  EXPECT_EQ(printable("12345", 3), "123...");
}

}  // namespace
}  // namespace ocf
