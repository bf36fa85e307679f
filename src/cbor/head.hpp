// The head that starts every CBOR item (RFC 8949 §3): a major type and an argument. Private to this module.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>

namespace ocf::cbor {

namespace major {
inline constexpr std::uint8_t unsigned_integer = 0;
inline constexpr std::uint8_t negative_integer = 1;
inline constexpr std::uint8_t bytes = 2;
inline constexpr std::uint8_t text = 3;
inline constexpr std::uint8_t array = 4;
inline constexpr std::uint8_t map = 5;
inline constexpr std::uint8_t tag = 6;
inline constexpr std::uint8_t simple = 7;  // and floats
}  // namespace major

// Additional information: the lower five bits of the first byte.
namespace info {
inline constexpr std::uint8_t one_byte = 24;
inline constexpr std::uint8_t two_bytes = 25;
inline constexpr std::uint8_t four_bytes = 26;
inline constexpr std::uint8_t eight_bytes = 27;
inline constexpr std::uint8_t indefinite = 31;
}  // namespace info

// The arguments of major type 7 that have a meaning.
namespace simple {
inline constexpr std::uint8_t false_ = 20;
inline constexpr std::uint8_t true_ = 21;
inline constexpr std::uint8_t null = 22;
inline constexpr std::uint8_t undefined = 23;
}  // namespace simple

inline constexpr std::uint8_t break_byte = 0xff;

struct Head {
  std::uint8_t major = 0;
  std::uint8_t info = 0;
  std::uint64_t argument = 0;
  std::size_t bytes = 0;

  bool indefinite() const { return info == info::indefinite; }
  bool floating() const {
    return major == major::simple && info >= info::two_bytes && info <= info::eight_bytes;
  }
};

// The head at the first byte. Errors: truncated, malformed (reserved additional information; indefinite where
// that does not exist; a simple value below 32 in two bytes). A break is a head of major type 7 with
// indefinite().
Result<Head> decode_head(ByteView bytes);

// The value of a head that is floating(), exact.
double decode_floating(const Head& head);

}  // namespace ocf::cbor
