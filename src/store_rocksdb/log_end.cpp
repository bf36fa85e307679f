#include "store_rocksdb/log_end.hpp"

#include <boost/crc.hpp>

#include <cstdint>

namespace ocf::store_rocksdb {
namespace {

// A record of RocksDB's log: checksum (4 bytes, little endian), length (2), type (1), content. The checksum
// is of type and content: CRC-32C, masked.
constexpr std::size_t header_bytes = 7;
constexpr std::uint8_t type_min = 1, type_max = 4;  // whole; first, middle and last piece

using Crc = boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true>;

std::uint32_t masked(const Crc& crc) {
  const std::uint32_t value = crc.checksum();
  return (value >> 15 | value << 17) + 0xa282ead8u;
}

std::uint32_t number(ByteView bytes) {
  std::uint32_t value = 0;
  for (std::size_t index = bytes.size(); index-- > 0;) value = value << 8 | bytes[index];
  return value;
}

std::uint32_t checksum_at(ByteView block, std::size_t at) { return number(block.subspan(at, 4)); }
std::size_t length_at(ByteView block, std::size_t at) { return number(block.subspan(at + 4, 2)); }

bool is_header(ByteView block, std::size_t at) {
  return block.size() - at >= header_bytes && block[at + 6] >= type_min && block[at + 6] <= type_max;
}

bool is_whole(ByteView block, std::size_t at) {
  if (!is_header(block, at) || length_at(block, at) > block.size() - at - header_bytes) return false;
  Crc crc;
  crc.process_bytes(block.data() + at + 6, length_at(block, at) + 1);
  return masked(crc) == checksum_at(block, at);
}

}  // namespace

bool has_damaged_length(ByteView block) {
  std::size_t at = 0;
  while (is_whole(block, at)) at += header_bytes + length_at(block, at);
  if (!is_header(block, at)) return false;
  Crc crc;
  crc.process_byte(block[at + 6]);
  for (std::size_t end = at + header_bytes; end <= block.size(); ++end) {
    if (masked(crc) == checksum_at(block, at) && (end == block.size() || is_whole(block, end))) return true;
    if (end < block.size()) crc.process_byte(block[end]);
  }
  return false;
}

}  // namespace ocf::store_rocksdb
