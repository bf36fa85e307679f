#include "base/time.hpp"

#include <gtest/gtest.h>

namespace ocf {
namespace {

TEST(Rfc3339, PrintsUtcWithMilliseconds) {
  EXPECT_EQ(to_rfc3339(Time{std::chrono::milliseconds{0}}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(Time{std::chrono::milliseconds{1795377592123}}), "2026-11-22T19:59:52.123Z");
}

}  // namespace
}  // namespace ocf
