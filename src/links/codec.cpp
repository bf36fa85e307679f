#include "es/fields.hpp"
#include "links/links.hpp"

namespace ocf::links {
namespace {

using cbor::Reader;
using es::FieldWriter;
using es::read_event;

// Stored: never rename.
constexpr std::string_view published_name = "LinksPublished";
constexpr std::string_view unpublished_name = "LinksUnpublished";

void write_texts(FieldWriter& fields, unsigned key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  auto& writer = fields.field(key).array(texts.size());
  for (const std::string& text : texts) writer.text(text);
}

std::vector<std::string> read_texts(Reader& reader) {
  std::vector<std::string> texts;
  for (auto array = reader.array(); reader.next(array);) texts.push_back(reader.text());
  return texts;
}

void write_link(Bytes& data, const Link& link) {
  FieldWriter fields(data);
  fields.text(1, link.href.text());
  write_texts(fields, 2, link.resource_types);
  write_texts(fields, 3, link.interfaces);
  fields.field(4).uint(link.policy);
  fields.field(5).integer(link.instance);
  fields.text(6, link.title);
}

Link read_link(Reader& reader) {
  Link link;
  es::read_fields(reader, [&](std::uint64_t key) {
    switch (key) {
      case 1: link.href = Href(reader.text()); return true;
      case 2: link.resource_types = read_texts(reader); return true;
      case 3: link.interfaces = read_texts(reader); return true;
      case 4: link.policy = es::read_enum<std::uint8_t>(reader); return true;
      case 5: link.instance = reader.integer(); return true;
      case 6: link.title = reader.text(); return true;
      default: return false;
    }
  });
  return link;
}

std::string_view write(Bytes& data, const LinksPublished& event) {
  FieldWriter fields(data);
  fields.field(1).array(event.links.size());
  for (const Link& link : event.links) write_link(data, link);
  fields.text(2, event.name);
  if (event.ends) fields.time(3, *event.ends);
  return published_name;
}

std::string_view write(Bytes& data, const LinksUnpublished& event) {
  FieldWriter fields(data);
  auto& writer = fields.field(1).array(event.hrefs.size());
  for (const Href& href : event.hrefs) writer.text(href.text());
  return unpublished_name;
}

Result<std::optional<Links::Event>> read_published(ByteView data) {
  LinksPublished event;
  const auto read = read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1:
        for (auto array = reader.array(); reader.next(array);) event.links.push_back(read_link(reader));
        return true;
      case 2: event.name = reader.text(); return true;
      case 3: event.ends = es::read_time(reader); return true;
      default: return false;
    }
  });
  if (!read) return read.error();
  return std::optional<Links::Event>(std::move(event));
}

Result<std::optional<Links::Event>> read_unpublished(ByteView data) {
  LinksUnpublished event;
  const auto read = read_event(data, [&](Reader& reader, std::uint64_t key) {
    if (key != 1) return false;
    for (auto array = reader.array(); reader.next(array);) event.hrefs.emplace_back(reader.text());
    return true;
  });
  if (!read) return read.error();
  return std::optional<Links::Event>(std::move(event));
}

}  // namespace

es::EncodedEvent Links::encode(const Event& event) {
  Bytes data;
  const auto name = std::visit([&](const auto& e) { return write(data, e); }, event);
  return {std::string(name), std::move(data)};
}

Result<std::optional<Links::Event>> Links::decode(const es::RecordedEvent& recorded) {
  if (recorded.event.type == published_name) return read_published(recorded.event.data);
  if (recorded.event.type == unpublished_name) return read_unpublished(recorded.event.data);
  return std::optional<Event>();
}

}  // namespace ocf::links
