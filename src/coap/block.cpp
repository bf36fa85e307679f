#include "coap/block.hpp"

#include "base/assert.hpp"

namespace ocf::coap {

std::optional<Block> decode_block(ByteView value) {
  if (value.size() > 3) return std::nullopt;
  const auto bits = static_cast<std::uint32_t>(*decode_uint(value));
  return Block{bits >> 4, (bits & 8) != 0, static_cast<std::uint8_t>(bits & 7)};
}

Bytes encode_block(const Block& block) {
  OCF_ASSERT(block.number <= Block::number_max, "who makes a block bounds its number");
  return encode_uint(block.number << 4 | (block.more ? 8u : 0u) | block.size_exponent);
}

}  // namespace ocf::coap
