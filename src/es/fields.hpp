// The bytes of a stored event: a CBOR map with small integer keys. Fields that are empty are left out;
// readers skip keys that a newer release added.
#pragma once

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/time.hpp"
#include "cbor/cbor.hpp"
#include "cbor/utf8.hpp"
#include "es/error.hpp"

#include <cstdint>

namespace ocf::es {

// Writes one map behind what `out` holds. Keys come in ascending order (deterministic CBOR) and there are at
// most 23 of them, so that the head of the map is one byte, which counts along.
class FieldWriter {
 public:
  explicit FieldWriter(Bytes& out) : out_(out), head_(out.size()), writer_(out) { out_.push_back(0xa0); }

  // Begins a field; its value is the next item written.
  cbor::Writer& field(unsigned key) {
    OCF_ASSERT(key > last_ && key < 24, "the keys of an event are small and written in ascending order");
    last_ = key;
    ++out_[head_];
    return writer_.uint(key);
  }
  void text(unsigned key, std::string_view value) {
    OCF_ASSERT(cbor::is_utf8(as_bytes(value)), "who takes a text of a peer looks whether it is one");
    if (!value.empty()) field(key).text(value);
  }
  void bytes(unsigned key, ByteView value) {
    if (!value.empty()) field(key).bytes(value);
  }
  void time(unsigned key, Time value) { field(key).integer(value.time_since_epoch().count()); }

 private:
  Bytes& out_;
  std::size_t head_;
  unsigned last_ = 0;
  cbor::Writer writer_;
};

// Reads one map: `read(key)` reads the value and answers true, or answers false for a key that it does not
// know.
template <class Read>
void read_fields(cbor::Reader& reader, Read read) {
  for (auto map = reader.map(); reader.next(map);) {
    if (!read(reader.uint())) reader.skip();
  }
}

inline Time read_time(cbor::Reader& reader) { return Time(std::chrono::milliseconds(reader.integer())); }

// Numbers that a newer release added are kept as they are.
template <class Enum>
Enum read_enum(cbor::Reader& reader) {
  const std::uint64_t number = reader.uint();
  if (number > 0xff) reader.fail(StoreError::malformed_event);
  return static_cast<Enum>(number);
}

// The data of an event, whole. Errors: malformed_event.
template <class Read>
Result<void> read_event(ByteView data, Read read) {
  // An item has at least a byte, so the bytes bound the items.
  cbor::Reader reader(data, {.depth_max = 8, .items_max = data.size()});
  read_fields(reader, [&](std::uint64_t key) { return read(reader, key); });
  reader.finish();
  if (reader.error()) return StoreError::malformed_event;
  return {};
}

}  // namespace ocf::es
