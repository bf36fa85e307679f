#include "gateway/endpoints/discovery_page.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ocf::gateway {
namespace {

constexpr std::size_t page_link = 30;

std::vector<std::size_t> cut(const std::vector<std::size_t>& bytes, std::size_t bytes_max) {
  const PageCut page = cut_page(bytes, page_link, bytes_max);
  return {page.first, page.end};
}
using FromTo = std::vector<std::size_t>;

TEST(DiscoveryPage, IsEverythingWhereThatFits) {
  EXPECT_EQ(cut({40, 40, 20}, 100), (FromTo{0, 3})) << "the last page needs no link to a next one";
  EXPECT_EQ(cut({}, 100), (FromTo{0, 0}));
}

TEST(DiscoveryPage, LeavesRoomForTheLinkToTheNext) {
  EXPECT_EQ(cut({40, 40, 21}, 100), (FromTo{0, 1}));
  EXPECT_EQ(cut({40, 30, 31}, 100), (FromTo{0, 2}));
}

TEST(DiscoveryPage, PassesOverALinkThatFitsIntoNone) {
  EXPECT_EQ(cut({71, 40, 40, 40}, 100), (FromTo{1, 2}));
  EXPECT_EQ(cut({40, 71, 40}, 100), (FromTo{0, 1})) << "not before it is its turn";
  EXPECT_EQ(cut({71, 101}, 100), (FromTo{2, 2}));
  EXPECT_EQ(cut({101, 100}, 100), (FromTo{1, 2})) << "the last may take it all";
}

}  // namespace
}  // namespace ocf::gateway
