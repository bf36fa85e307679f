#include "ocf/link_fields.hpp"
#include "ocf/payload_reader.hpp"
#include "ocf/payloads.hpp"

#include <algorithm>
#include <utility>

namespace ocf {
namespace {

using cbor::Reader;
using cbor::Writer;

constexpr std::string_view anchor_scheme = "ocf://";

bool is_secure(const Advertisement& advertisement) {
  return !advertisement.endpoints.empty() && advertisement.endpoints.front().starts_with("coaps");
}

// The order of the keys matters to real clients: anchor before eps, `if` last of the arrays of text, eps at
// the end, and `bm` first in `p`.
void write_link(Writer& writer, const DiscoveredLink& found, const Advertisement& advertisement,
                DiscoveryForm form) {
  const Link& link = found.link;
  const std::string di = found.device.text();
  const bool has_endpoints = !advertisement.endpoints.empty();
  writer.map(std::size_t{7} + (link.title.empty() ? 0 : 1) + (has_endpoints ? 1 : 0));
  writer.text("anchor").text(std::string(anchor_scheme) + di);
  writer.text("di").text(di);
  writer.text("href").text(advertised_href(found.device, found.link.href.text(), advertisement));
  write_texts(writer, "rt", link.resource_types);
  write_texts(writer, "if", link.interfaces);
  // Clients of OIC 1.1 do not know eps: they stay with the connection, and `sec` says how it is.
  const bool says_secure = form == DiscoveryForm::by_device && is_secure(advertisement);
  writer.text("p").map(says_secure ? 2 : 1).text("bm").uint(link.policy);
  if (says_secure) writer.text("sec").boolean(true);
  writer.text("ins").integer(link.instance);
  if (!link.title.empty()) writer.text("title").text(link.title);
  if (!has_endpoints) return;
  write_endpoints(writer.text("eps"), advertisement);
}

DeviceId read_anchor(Reader& reader) {
  const std::string anchor = reader.text();
  // An anchor may be another URI, or lead on to a resource of the device.
  if (!anchor.starts_with(anchor_scheme)) return {};
  const auto id = DeviceId::parse(std::string_view(anchor).substr(anchor_scheme.size(), 36));
  if (!id) reader.fail(id.error());
  return id ? *id : DeviceId();
}

// As a device's own, or with a query behind it, as that of a further page has.
Href read_discovered_href(Reader& reader, const Limits& limits) {
  std::string text = reader.text();
  const auto path = parse_href(std::string_view(text).substr(0, text.find('?')), limits.href_bytes_max);
  if (!path) reader.fail(path.error());
  return path ? Href(std::move(text)) : Href();
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
  else if (key == "href")
    found.link.href = read_discovered_href(reader, limits);
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

void write_entries(Writer& writer, std::span<const DiscoveryEntry> entries) {
  writer.array(entries.size());
  for (const DiscoveryEntry& entry : entries) writer.encoded(entry.bytes);
}

// Calls `visit` with the entries of each device, which follow each other.
template <class Visit>
void for_each_device(std::span<const DiscoveryEntry> entries, Visit visit) {
  while (!entries.empty()) {
    const DeviceId& device = entries.front().device;
    const auto end = std::find_if(entries.begin(), entries.end(),
                                  [&](const DiscoveryEntry& entry) { return entry.device != device; });
    const auto count = static_cast<std::size_t>(end - entries.begin());
    visit(device, entries.first(count));
    entries = entries.subspan(count);
  }
}

void write_by_device(Writer& writer, std::span<const DiscoveryEntry> entries) {
  std::size_t devices = 0;
  for_each_device(entries, [&](const DeviceId&, std::span<const DiscoveryEntry>) { ++devices; });
  writer.array(devices);
  for_each_device(entries, [&](const DeviceId& device, std::span<const DiscoveryEntry> of_device) {
    writer.map(2).text("di").text(device.text()).text("links");
    write_entries(writer, of_device);
  });
}

}  // namespace

DiscoveryEntry encode_link(const DiscoveredLink& link, const Advertisement& advertisement,
                           DiscoveryForm form) {
  DiscoveryEntry entry{link.device, {}};
  Writer writer(entry.bytes);
  write_link(writer, link, advertisement, form);
  return entry;
}

DiscoveryEntry encode_representation(const DiscoveredLink& link, const Advertisement& advertisement,
                                     ByteView representation) {
  DiscoveryEntry entry{link.device, {}};
  Writer writer(entry.bytes);
  writer.map(2)
      .text("href")
      .text(advertised_href(link.device, link.link.href.text(), advertisement))
      .text("rep")
      .encoded(representation);
  return entry;
}

Bytes encode_discovery(std::span<const DiscoveryEntry> entries, DiscoveryForm form) {
  Bytes out;
  Writer writer(out);
  if (form == DiscoveryForm::by_device) {
    write_by_device(writer, entries);
    return out;
  }
  if (form == DiscoveryForm::baseline) {
    writer.array(1).map(3);
    write_texts(writer, "rt", {"oic.wk.res"});
    write_texts(writer, "if", {"oic.if.ll", "oic.if.b", "oic.if.baseline"});
    writer.text("links");
  }
  write_entries(writer, entries);
  return out;
}

Bytes encode_links(std::span<const DiscoveredLink> links, const Advertisement& advertisement,
                   DiscoveryForm form) {
  std::vector<DiscoveryEntry> entries;
  for (const DiscoveredLink& link : links) entries.push_back(encode_link(link, advertisement, form));
  return encode_discovery(entries, form);
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
