#include "coap/block.hpp"

#include <gtest/gtest.h>

namespace ocf::coap {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

// RFC 7959 §2.2 and the examples of §3, RFC 8323 §6.
TEST(Block, IsNumberMoreAndSize) {
  const std::pair<Block, Bytes> vectors[] = {
      {{0, false, 0}, {}},
      {{0, true, 2}, hex("0a")},
      {{1, true, 3}, hex("1b")},
      {{15, false, 6}, hex("f6")},
      {{16, false, 0}, hex("0100")},
      {{4095, true, 6}, hex("fffe")},
      {{4096, true, 7}, hex("01000f")},
      {{Block::number_max, true, 7}, hex("ffffff")},
  };
  for (const auto& [block, value] : vectors) {
    EXPECT_EQ(encode_block(block), value);
    EXPECT_EQ(decode_block(value), block);
  }
}

TEST(Block, IsReadFromAValueWithZeroesInFront) {
  EXPECT_EQ(decode_block(hex("00000a")), (Block{0, true, 2}));
}

TEST(Block, IsAtMostThreeBytesLong) { EXPECT_EQ(decode_block(hex("0000000a")), std::nullopt); }

TEST(Block, SaysWhereItBegins) {
  EXPECT_EQ((Block{3, false, 0}.offset()), 48u);
  EXPECT_EQ((Block{3, false, 6}.offset()), 3072u);
  EXPECT_EQ((Block{3, false, Block::bert}.offset()), 3072u) << "BERT counts in units of 1024 bytes";
  EXPECT_EQ((Block{Block::number_max, true, 6}.offset()), std::size_t{Block::number_max} * 1024);
}

}  // namespace
}  // namespace ocf::coap
