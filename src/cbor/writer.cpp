#include "cbor/cbor.hpp"
#include "cbor/head.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <optional>

namespace ocf::cbor {
namespace {

constexpr std::uint16_t half_nan = 0x7e00;
constexpr std::uint16_t half_infinity = 0x7c00;

void append_big_endian(Bytes& out, std::uint64_t value, unsigned bytes) {
  for (unsigned shift = bytes * 8; shift > 0;) {
    shift -= 8;
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

void append_float_head(Bytes& out, std::uint8_t width) {
  out.push_back(static_cast<std::uint8_t>(major::simple << 5 | width));
}

// The 16 bits that mean the same finite number, if there are any.
std::optional<std::uint16_t> exact_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000;
  const int exponent = static_cast<int>(bits >> 23 & 0xff) - 127;
  const std::uint32_t fraction = bits & 0x7fffff;
  if (value == 0) return static_cast<std::uint16_t>(sign);
  if (exponent >= -14 && exponent <= 15) {
    if ((fraction & 0x1fff) != 0) return std::nullopt;
    return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(exponent + 15) << 10 |
                                      fraction >> 13);
  }
  if (exponent < -24 || exponent > 15) return std::nullopt;
  // Subnormal as a half: the leading one is written out and shifted down to units of 2^-24.
  const std::uint32_t significand = fraction | 0x800000;
  const int shift = -1 - exponent;
  if ((significand & ((1u << shift) - 1)) != 0) return std::nullopt;
  return static_cast<std::uint16_t>(sign | significand >> shift);
}

std::optional<float> exact_float(double value) {
  if (std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) return std::nullopt;
  const auto narrow = static_cast<float>(value);
  if (static_cast<double>(narrow) != value) return std::nullopt;
  return narrow;
}

}  // namespace

Writer& Writer::uint(std::uint64_t value) {
  head(major::unsigned_integer, value);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  // For a negative n the argument is -1 - n, which is the complement of its bits.
  if (value < 0) {
    head(major::negative_integer, ~static_cast<std::uint64_t>(value));
  } else {
    head(major::unsigned_integer, static_cast<std::uint64_t>(value));
  }
  return *this;
}

Writer& Writer::boolean(bool value) {
  head(major::simple, value ? simple::true_ : simple::false_);
  return *this;
}

Writer& Writer::null() {
  head(major::simple, simple::null);
  return *this;
}

Writer& Writer::floating(double value) {
  std::optional<std::uint16_t> half;
  std::optional<float> single;
  if (std::isnan(value)) {
    half = half_nan;
  } else if (std::isinf(value)) {
    half = static_cast<std::uint16_t>(std::signbit(value) ? half_infinity | 0x8000 : half_infinity);
  } else if ((single = exact_float(value))) {
    half = exact_half(*single);
  }
  if (half) {
    append_float_head(out_, info::two_bytes);
    append_big_endian(out_, *half, 2);
  } else if (single) {
    append_float_head(out_, info::four_bytes);
    append_big_endian(out_, std::bit_cast<std::uint32_t>(*single), 4);
  } else {
    append_float_head(out_, info::eight_bytes);
    append_big_endian(out_, std::bit_cast<std::uint64_t>(value), 8);
  }
  return *this;
}

Writer& Writer::text(std::string_view value) {
  head(major::text, value.size());
  return encoded(as_bytes(value));
}

Writer& Writer::bytes(ByteView value) {
  head(major::bytes, value.size());
  return encoded(value);
}

Writer& Writer::array(std::size_t items) {
  head(major::array, items);
  return *this;
}

Writer& Writer::map(std::size_t pairs) {
  head(major::map, pairs);
  return *this;
}

Writer& Writer::tag(std::uint64_t number) {
  head(major::tag, number);
  return *this;
}

Writer& Writer::encoded(ByteView items) {
  out_.insert(out_.end(), items.begin(), items.end());
  return *this;
}

void Writer::head(std::uint8_t major, std::uint64_t argument) {
  const auto first = [&](std::uint64_t low_bits) {
    out_.push_back(static_cast<std::uint8_t>(std::uint64_t{major} << 5 | low_bits));
  };
  if (argument < info::one_byte) {
    first(argument);
  } else if (argument <= 0xff) {
    first(info::one_byte);
    append_big_endian(out_, argument, 1);
  } else if (argument <= 0xffff) {
    first(info::two_bytes);
    append_big_endian(out_, argument, 2);
  } else if (argument <= 0xffff'ffff) {
    first(info::four_bytes);
    append_big_endian(out_, argument, 4);
  } else {
    first(info::eight_bytes);
    append_big_endian(out_, argument, 8);
  }
}

}  // namespace ocf::cbor
