#include "cloud/cursor.hpp"

#include "cloud/error.hpp"

#include <gtest/gtest.h>

namespace ocf::cloud {
namespace {

TEST(Cursor, RoundTripsWithinItsLengthLimit) {
  const Cursor cursor{std::vector<es::Offset>(16, std::uint64_t{1} << 60)};
  EXPECT_LE(cursor.text().size(), 256u);
  EXPECT_EQ(Cursor::parse(cursor.text(), 16).value(), cursor);
}

TEST(Cursor, RefusesWhatThisStoreNeverGave) {
  const std::string other = Cursor{{1, 2, 3}}.text();
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("AA"), other, other + "AA", Cursor{{1, 0}}.text()}) {
    EXPECT_EQ(Cursor::parse(text, 2).error(), CloudError::malformed_cursor) << text;
  }
}

}  // namespace
}  // namespace ocf::cloud
