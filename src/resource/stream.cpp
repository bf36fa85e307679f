#include "resource/resource.hpp"

namespace ocf::resource {
namespace {

constexpr std::string_view prefix = "resource";

}  // namespace

es::StreamId stream_of(const device::DeviceKey& key, const Href& href) {
  return key.stream(std::string(prefix) + href.text());
}

std::optional<Href> href_of(const es::StreamId& stream) {
  const std::string_view name = stream.name();
  if (!name.starts_with(prefix)) return std::nullopt;
  const std::string_view href = name.substr(prefix.size());
  if (!href.starts_with('/')) return std::nullopt;
  return Href(std::string(href));
}

}  // namespace ocf::resource
