// What the payload decoders of this module share.
#pragma once

#include "base/limits.hpp"
#include "cbor/cbor.hpp"
#include "ocf/device_id.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace ocf {

cbor::Bounds bounds_of(const Limits& limits);
// Of payloads that tell of all resources of a device: they may have more items than others.
cbor::Bounds bounds_with_links(const Limits& limits);

// Calls `read(key)` for each pair with a text key, behind which the value is to be read; skips the value if
// it answers false, and pairs whose key is no text.
template <class Read>
void read_properties(cbor::Reader& reader, Read read) {
  for (auto map = reader.map(); reader.next(map);) {
    const bool known = reader.peek() == cbor::Type::text ? read(reader.text()) : (reader.skip(), false);
    if (!known) reader.skip();
  }
}

// Records malformed_device_id in the reader.
DeviceId read_device_id(cbor::Reader& reader);

// The reader's error once everything was read; whatever CBOR is wrong in is a malformed_payload.
Error finish(cbor::Reader& reader);

bool any_empty(std::initializer_list<std::string_view> texts);

}  // namespace ocf
