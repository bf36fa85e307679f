#include "ocf/link_fields.hpp"
#include "ocf/payload_reader.hpp"
#include "ocf/payloads.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ocf {
namespace {

using cbor::Reader;
using cbor::Writer;

std::vector<Link> read_published_links(Reader& reader, const Limits& limits) {
  std::vector<Link> links;
  for (auto array = reader.array(); reader.next(array);) {
    Link link;
    read_properties(reader,
                    [&](std::string_view key) { return read_link_property(reader, key, link, limits); });
    if (link.href.empty()) reader.fail(OcfError::missing_property);
    links.push_back(std::move(link));
  }
  return links;
}

Bytes encode_publication(const DeviceId& device, const std::string& name, std::int64_t ttl,
                         const std::vector<Link>& links) {
  Bytes out;
  Writer writer(out);
  writer.map(name.empty() ? 3 : 4);
  writer.text("di").text(device.text());
  if (!name.empty()) writer.text("n").text(name);
  writer.text("ttl").integer(ttl);
  writer.text("links").array(links.size());
  for (const Link& link : links) {
    writer.map(link.title.empty() ? 5 : 6);
    writer.text("href").text(link.href.text());
    write_texts(writer, "rt", link.resource_types);
    write_texts(writer, "if", link.interfaces);
    writer.text("ins").integer(link.instance);
    writer.text("p").map(1).text("bm").uint(link.policy);
    if (!link.title.empty()) writer.text("title").text(link.title);
  }
  return out;
}

}  // namespace

Bytes encode_selection(unsigned preference) {
  Bytes out;
  Writer writer(out);
  writer.map(3);
  write_texts(writer, "rt", {"oic.wk.rd"});
  write_texts(writer, "if", {"oic.if.baseline"});
  writer.text("sel").uint(preference);
  return out;
}

Bytes PublishRequest::encode() const { return encode_publication(device, name, ttl, links); }

Result<PublishRequest> PublishRequest::decode(ByteView payload, const Limits& limits) {
  PublishRequest request;
  std::optional<DeviceId> di;
  bool has_links = false;
  Reader reader(payload, bounds_with_links(limits));
  read_properties(reader, [&](std::string_view key) {
    if (key == "di") {
      di = read_device_id(reader);
    } else if (key == "links") {
      request.links = read_published_links(reader, limits);
      has_links = true;
    } else if (key == "ttl" || key == "lt") {
      request.ttl = reader.integer();
    } else if (key == "n") {
      request.name = reader.text();
    } else {
      return false;
    }
    return true;
  });
  if (const Error error = finish(reader)) return error;
  if (!di || !has_links) return OcfError::missing_property;
  if (request.ttl < 0 || request.ttl > limits.link_lifetime_max.count()) return OcfError::malformed_lifetime;
  request.device = *di;
  return request;
}

Bytes PublishAnswer::encode() const { return encode_publication(device, {}, ttl, links); }

Result<PublishAnswer> PublishAnswer::decode(ByteView payload, const Limits& limits) {
  auto echo = PublishRequest::decode(payload, limits);
  if (!echo) return echo.error();
  return PublishAnswer{echo->device, std::move(echo->links), echo->ttl};
}

}  // namespace ocf
