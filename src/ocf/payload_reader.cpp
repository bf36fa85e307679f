#include "ocf/payload_reader.hpp"

#include <algorithm>

namespace ocf {
namespace {

// A publication of as many links as a device may have is legitimate.
constexpr std::size_t items_per_link_max = 32;

}  // namespace

cbor::Bounds bounds_of(const Limits& limits) { return {limits.cbor_depth_max, limits.cbor_items_max}; }

cbor::Bounds bounds_with_links(const Limits& limits) {
  return {limits.cbor_depth_max,
          std::max(limits.cbor_items_max, items_per_link_max * limits.links_per_device_max)};
}

DeviceId read_device_id(cbor::Reader& reader) {
  const auto id = DeviceId::parse(reader.text());
  if (!id) reader.fail(id.error());
  return id ? *id : DeviceId();
}

Error finish(cbor::Reader& reader) {
  reader.finish();
  const Error malformed = OcfError::malformed_payload;
  const bool is_ours = !reader.error() || reader.error().category() == malformed.category();
  return is_ours ? reader.error() : malformed;
}

bool any_empty(std::initializer_list<std::string_view> texts) {
  return std::any_of(texts.begin(), texts.end(), [](std::string_view text) { return text.empty(); });
}

}  // namespace ocf
