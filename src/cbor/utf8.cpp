#include "cbor/utf8.hpp"

#include <cstddef>

namespace ocf::cbor {
namespace {

// What a first byte announces: how many bytes follow, and the bounds of the first of them. The narrower
// bounds exclude overlong forms (e0, f0), surrogates (ed) and code points above U+10FFFF (f4).
struct Sequence {
  std::size_t following = 0;
  std::uint8_t second_min = 0x80;
  std::uint8_t second_max = 0xbf;
};

Sequence sequence_of(std::uint8_t first) {
  if (first >= 0xc2 && first <= 0xdf) return {1};
  if (first == 0xe0) return {2, 0xa0};
  if (first == 0xed) return {2, 0x80, 0x9f};
  if (first >= 0xe1 && first <= 0xef) return {2};
  if (first == 0xf0) return {3, 0x90};
  if (first >= 0xf1 && first <= 0xf3) return {3};
  if (first == 0xf4) return {3, 0x80, 0x8f};
  return {};
}

}  // namespace

bool is_utf8(ByteView bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes[at] < 0x80) {
      ++at;
      continue;
    }
    const Sequence sequence = sequence_of(bytes[at]);
    if (sequence.following == 0 || bytes.size() - at <= sequence.following) return false;
    if (bytes[at + 1] < sequence.second_min || bytes[at + 1] > sequence.second_max) return false;
    for (std::size_t i = 2; i <= sequence.following; ++i) {
      if ((bytes[at + i] & 0xc0) != 0x80) return false;
    }
    at += sequence.following + 1;
  }
  return true;
}

}  // namespace ocf::cbor
