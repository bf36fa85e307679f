// CBOR in the shape of iotivity-lite: maps and arrays of indefinite length.
#pragma once

#include "base/bytes.hpp"
#include "cbor/cbor.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ocf::sim {

// The value of a property.
using Value = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

// Appends to a byte string that it does not own; what is opened is the caller's to close.
class IndefiniteWriter {
 public:
  explicit IndefiniteWriter(Bytes& out) : out_(out), items_(out) {}

  IndefiniteWriter& open_map() { return byte(0xbf); }
  IndefiniteWriter& open_array() { return byte(0x9f); }
  IndefiniteWriter& close() { return byte(0xff); }
  IndefiniteWriter& text(std::string_view text) { return items_.text(text), *this; }
  IndefiniteWriter& integer(std::int64_t value) { return items_.integer(value), *this; }
  IndefiniteWriter& bytes(ByteView bytes) { return items_.bytes(bytes), *this; }
  IndefiniteWriter& texts(const std::vector<std::string>& texts);
  IndefiniteWriter& value(const Value& value);

 private:
  IndefiniteWriter& byte(std::uint8_t byte) { return out_.push_back(byte), *this; }

  Bytes& out_;
  cbor::Writer items_;
};

}  // namespace ocf::sim
