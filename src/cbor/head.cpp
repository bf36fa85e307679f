#include "cbor/head.hpp"

#include "cbor/cbor.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace ocf::cbor {
namespace {

constexpr bool may_be_indefinite(std::uint8_t major) {
  return (major >= major::bytes && major <= major::map) || major == major::simple;
}

double decode_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f;
  const int fraction = bits & 0x3ff;
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else if (exponent < 0x1f) {
    value = std::ldexp(fraction + 0x400, exponent - 25);
  } else {
    value =
        fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

}  // namespace

Result<Head> decode_head(ByteView bytes) {
  if (bytes.empty()) return CborError::truncated;
  Head head;
  head.major = bytes[0] >> 5;
  head.info = bytes[0] & 0x1f;
  head.bytes = 1;
  if (head.info < info::one_byte) {
    head.argument = head.info;
    return head;
  }
  if (head.info == info::indefinite) {
    if (!may_be_indefinite(head.major)) return CborError::malformed;
    return head;
  }
  if (head.info > info::eight_bytes) return CborError::malformed;
  const std::size_t argument_bytes = std::size_t{1} << (head.info - info::one_byte);
  if (bytes.size() - 1 < argument_bytes) return CborError::truncated;
  for (std::size_t i = 1; i <= argument_bytes; ++i) head.argument = head.argument << 8 | bytes[i];
  head.bytes += argument_bytes;
  if (head.major == major::simple && head.info == info::one_byte && head.argument < 32)
    return CborError::malformed;
  return head;
}

double decode_floating(const Head& head) {
  switch (head.info) {
    case info::two_bytes: return decode_half(static_cast<std::uint16_t>(head.argument));
    case info::four_bytes:
      return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.argument)));
    default: return std::bit_cast<double>(head.argument);
  }
}

}  // namespace ocf::cbor
