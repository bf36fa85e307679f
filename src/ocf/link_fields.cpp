#include "ocf/link_fields.hpp"

#include "ocf/payload_reader.hpp"

#include <utility>

namespace ocf {
namespace {

using cbor::Reader;
using cbor::Writer;

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

}  // namespace

void write_texts(Writer& writer, std::string_view key, const std::vector<std::string>& texts) {
  writer.text(key).array(texts.size());
  for (const std::string& text : texts) writer.text(text);
}

void write_endpoints(Writer& writer, const Advertisement& advertisement) {
  writer.array(advertisement.endpoints.size());
  for (const std::string& endpoint : advertisement.endpoints) writer.map(1).text("ep").text(endpoint);
}

std::string advertised_href(const DeviceId& device, std::string_view href,
                            const Advertisement& advertisement) {
  if (advertisement.route.empty()) return std::string(href);
  const std::string short_form = '/' + device.text() + std::string(href);
  const bool is_long = advertisement.route.size() + short_form.size() > advertisement.href_bytes_max;
  return is_long ? short_form : advertisement.route + short_form;
}

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

}  // namespace ocf
