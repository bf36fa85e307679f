// The value of a Block1 or Block2 option (RFC 7959 §2.2, RFC 8323 §6).
//
//    0 1 2 3 4 5 6 7
//   +-+-+-+-+-+-+-+-+
//   |  NUM  |M| SZX |   NUM has 4, 12 or 20 bits: the value is one, two or three bytes long, none for 0
//   +-+-+-+-+-+-+-+-+
#pragma once

#include "coap/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>

namespace ocf::coap {

struct Block {
  static constexpr std::uint32_t number_max = (1u << 20) - 1;
  static constexpr std::uint8_t bert = 7;  // several blocks of 1024 bytes in one message

  std::uint32_t number = 0;  // counts units
  bool more = false;
  std::uint8_t size_exponent = bert;  // SZX

  // Bytes of one block: 16 to 1024; with BERT, of each of the blocks in a message.
  std::size_t unit() const { return std::size_t{16} << (size_exponent == bert ? 6 : size_exponent); }
  // Where in the body the block begins.
  std::size_t offset() const { return number * unit(); }

  friend bool operator==(const Block&, const Block&) = default;
  // "1/1/64" as the RFC writes it, with a plus for BERT.
  friend std::ostream& operator<<(std::ostream& out, const Block& block) {
    return out << block.number << '/' << block.more << '/' << block.unit()
               << (block.size_exponent == bert ? "+" : "");
  }
};

// nullopt: longer than three bytes.
std::optional<Block> decode_block(ByteView value);
// Precondition: the number is at most Block::number_max.
Bytes encode_block(const Block& block);

}  // namespace ocf::coap
