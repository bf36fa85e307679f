#include "ocf/payload_reader.hpp"
#include "ocf/payloads.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ocf {
namespace {

using cbor::Reader;
using cbor::Writer;

constexpr std::string_view anchor_scheme = "ocf://";

// A publication of as many links as a device may have is legitimate, though it has more items than other
// payloads may.
constexpr std::size_t items_per_link_max = 32;

cbor::Bounds bounds_with_links(const Limits& limits) {
  return {limits.cbor_depth_max,
          std::max(limits.cbor_items_max, items_per_link_max * limits.links_per_device_max)};
}

void write_texts(Writer& writer, std::string_view key, const std::vector<std::string>& texts) {
  writer.text(key).array(texts.size());
  for (const std::string& text : texts) writer.text(text);
}

// Clients want `bm` to be the first key of the map.
void write_policy(Writer& writer, std::uint8_t policy) { writer.text("p").map(1).text("bm").uint(policy); }

std::vector<std::string> read_texts(Reader& reader) {
  std::vector<std::string> texts;
  for (auto array = reader.array(); reader.next(array);) texts.push_back(reader.text());
  return texts;
}

std::uint8_t read_policy(Reader& reader) {
  std::uint64_t bits = 0;
  read_properties(reader, [&](std::string_view key) {
    if (key != "bm") return false;
    bits = reader.uint();
    return true;
  });
  return static_cast<std::uint8_t>(bits & (policy::discoverable | policy::observable));
}

// Reads the value of one of the properties that every form of link has; false for others.
bool read_link_property(Reader& reader, std::string_view key, Link& link, const Limits& limits) {
  if (key == "href") {
    auto href = parse_href(reader.text(), limits.href_bytes_max);
    if (!href)
      reader.fail(href.error());
    else
      link.href = std::move(*href);
  } else if (key == "rt") {
    link.resource_types = read_texts(reader);
  } else if (key == "if") {
    link.interfaces = read_texts(reader);
  } else if (key == "p") {
    link.policy = read_policy(reader);
  } else if (key == "ins") {
    link.instance = reader.integer();
  } else if (key == "title") {
    link.title = reader.text();
  } else {
    return false;
  }
  return true;
}

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
    write_policy(writer, link.policy);
    if (!link.title.empty()) writer.text("title").text(link.title);
  }
  return out;
}

// The order of the keys matters to real clients: anchor before eps, `if` last of the arrays of text, eps at
// the end.
void write_discovered(Writer& writer, const DiscoveredLink& found, const Advertisement& advertisement) {
  const Link& link = found.link;
  const std::string di = found.device.text();
  const bool has_endpoints = !advertisement.endpoints.empty();
  writer.map(std::size_t{7} + (link.title.empty() ? 0 : 1) + (has_endpoints ? 1 : 0));
  writer.text("anchor").text(std::string(anchor_scheme) + di);
  writer.text("di").text(di);
  writer.text("href").text(advertisement.route.empty() ? link.href.text()
                                                       : advertisement.route + '/' + di + link.href.text());
  write_texts(writer, "rt", link.resource_types);
  write_texts(writer, "if", link.interfaces);
  write_policy(writer, link.policy);
  writer.text("ins").integer(link.instance);
  if (!link.title.empty()) writer.text("title").text(link.title);
  if (!has_endpoints) return;
  writer.text("eps").array(advertisement.endpoints.size());
  for (const std::string& endpoint : advertisement.endpoints) writer.map(1).text("ep").text(endpoint);
}

DeviceId read_anchor(Reader& reader) {
  const std::string anchor = reader.text();
  // An anchor may be another URI, or lead on to a resource of the device.
  if (!anchor.starts_with(anchor_scheme)) return {};
  const auto id = DeviceId::parse(std::string_view(anchor).substr(anchor_scheme.size(), 36));
  if (!id) reader.fail(id.error());
  return id ? *id : DeviceId();
}

std::vector<std::string> read_endpoints(Reader& reader) {
  std::vector<std::string> endpoints;
  for (auto array = reader.array(); reader.next(array);) {
    read_properties(reader, [&](std::string_view key) {
      if (key != "ep") return false;
      endpoints.push_back(reader.text());
      return true;
    });
  }
  return endpoints;
}

bool read_discovered_property(Reader& reader, std::string_view key, DiscoveredLink& found,
                              const Limits& limits) {
  if (key == "anchor")
    found.device = read_anchor(reader);
  else if (key == "di")
    found.device = read_device_id(reader);
  else if (key == "eps")
    found.endpoints = read_endpoints(reader);
  else
    return read_link_property(reader, key, found.link, limits);
  return true;
}

void read_link_list(Reader& reader, const Limits& limits, std::vector<DiscoveredLink>& links) {
  for (auto array = reader.array(); reader.next(array);) {
    DiscoveredLink found;
    read_properties(
        reader, [&](std::string_view key) { return read_discovered_property(reader, key, found, limits); });
    if (found.link.href.empty()) reader.fail(OcfError::missing_property);
    links.push_back(std::move(found));
  }
}

}  // namespace

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

Bytes encode_links(std::span<const DiscoveredLink> links, const Advertisement& advertisement,
                   DiscoveryForm form) {
  Bytes out;
  Writer writer(out);
  if (form == DiscoveryForm::baseline) {
    writer.array(1).map(3);
    write_texts(writer, "rt", {"oic.wk.res"});
    write_texts(writer, "if", {"oic.if.ll", "oic.if.baseline"});
    writer.text("links");
  }
  writer.array(links.size());
  for (const DiscoveredLink& link : links) write_discovered(writer, link, advertisement);
  return out;
}

Result<std::vector<DiscoveredLink>> decode_links(ByteView payload, const Limits& limits) {
  std::vector<DiscoveredLink> links;
  Reader reader(payload, {limits.cbor_depth_max, payload.size()});
  for (auto array = reader.array(); reader.next(array);) {
    DiscoveredLink found;
    bool is_link = true;  // or the one map of the baseline form, known by its `links`
    read_properties(reader, [&](std::string_view key) {
      if (key != "links") return read_discovered_property(reader, key, found, limits);
      is_link = false;
      read_link_list(reader, limits, links);
      return true;
    });
    if (!is_link) continue;
    if (found.link.href.empty()) reader.fail(OcfError::missing_property);
    links.push_back(std::move(found));
  }
  if (const Error error = finish(reader)) return error;
  return links;
}

}  // namespace ocf
