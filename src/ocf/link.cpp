#include "ocf/link.hpp"

#include <boost/crc.hpp>

#include <algorithm>

namespace ocf {
namespace {

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool allowed(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte >= 0x20 && byte != 0x7f && letter != '?' && letter != '#';
}

// Each becomes a Uri-Path option (RFC 7252 §5.10).
bool has_long_segment(std::string_view path) {
  constexpr std::size_t segment_bytes_max = 255;
  while (path.size() > segment_bytes_max) {
    const std::size_t segment = std::min(path.find('/'), path.size());
    if (segment > segment_bytes_max) return true;
    path.remove_prefix(std::min(segment + 1, path.size()));
  }
  return false;
}

}  // namespace

Result<Href> parse_href(std::string_view text, std::size_t bytes_max) {
  const bool is_path =
      text.size() > 1 && text.front() == '/' && text.back() != '/' && text.find("//") == text.npos;
  if (!is_path || text.size() > bytes_max || has_long_segment(text) ||
      !std::all_of(text.begin(), text.end(), allowed)) {
    return OcfError::malformed_href;
  }
  return Href(std::string(text));
}

bool Link::has_type(std::string_view rt) const { return contains(resource_types, rt); }
bool Link::has_interface(std::string_view name) const { return contains(interfaces, name); }

std::int64_t instance_of(const Href& href) {
  boost::crc_32_type crc;
  crc.process_bytes(href.text().data(), href.text().size());
  return crc.checksum();
}

Link status_link() {
  Link link;
  link.href = Href(std::string(status_href));
  link.resource_types = {"x.cloud.device.status"};
  link.interfaces = {"oic.if.r", "oic.if.baseline"};
  link.policy = policy::discoverable | policy::observable;
  link.instance = instance_of(link.href);
  return link;
}

}  // namespace ocf
