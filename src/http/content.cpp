#include "http/content.hpp"

#include "cbor/cbor.hpp"
#include "http/error.hpp"

namespace ocf::http {
namespace {

// Numbers of the IANA registry of content formats.
constexpr std::uint16_t text_plain = 0;
constexpr std::uint16_t json_format = 50;
constexpr std::uint16_t cbor_format = 60;
constexpr std::uint16_t ocf_cbor = 10000;

// Of what is stored or came from a device: an item has at least a byte, so the bytes bound the items; nesting
// is bounded by what limits.cbor_depth_max can be. Which limits were in force when it came does not matter
// any more.
cbor::Bounds bounds_of(const Bytes& content) { return {.depth_max = 64, .items_max = content.size()}; }

bool has_payload(const resource::Content& content) { return !view_of(content.bytes).empty(); }

bool may_be_cbor(std::uint16_t format) {
  return format == cbor_format || format == ocf_cbor || format == resource::Content::no_format;
}

bool is_json(std::optional<std::string_view> media_type) {
  if (!media_type) return false;
  std::string_view name = media_type->substr(0, media_type->find(';'));
  while (name.ends_with(' ')) name.remove_suffix(1);
  return name == "application/json";
}

// JSON on one line: white space may have line breaks, and texts have none but escaped.
std::string on_one_line(std::string_view json) {
  std::string line(json);
  std::erase_if(line, [](char letter) { return letter == '\n' || letter == '\r'; });
  return line;
}

}  // namespace

std::optional<std::string> json_of(const resource::Content& content) {
  if (!has_payload(content)) return std::nullopt;
  if (content.format == json_format) {
    const std::string_view text = as_text(*content.bytes);
    if (!cbor::from_json(text, bounds_of(*content.bytes))) return std::nullopt;
    return on_one_line(text);
  }
  if (!may_be_cbor(content.format)) return std::nullopt;
  auto json = cbor::to_json(*content.bytes, bounds_of(*content.bytes));
  if (!json) return std::nullopt;
  return std::move(*json);
}

void write_content(JsonWriter& json, const resource::Content& content) {
  if (!has_payload(content)) {
    json.null();
    return;
  }
  if (const auto text = json_of(content)) {
    json.json(*text);
    return;
  }
  json.begin_object();
  if (content.format != resource::Content::no_format) json.key("format").number(content.format);
  json.key("hex").text(to_hex(*content.bytes)).end_object();
}

void set_body(Response& response, const resource::Content& content) {
  if (!has_payload(content)) return;
  if (auto json = json_of(content)) {
    response.add("Content-Type", "application/json");
    response.body = std::move(*json);
    return;
  }
  response.add("Content-Type",
               content.format == text_plain ? "text/plain; charset=utf-8" : "application/octet-stream");
  response.body = std::string(as_text(*content.bytes));
}

Result<resource::Content> content_of(const Request& request, const Limits& limits) {
  if (!is_json(request.field("Content-Type"))) return HttpError::unsupported_media_type;
  auto cbor = cbor::from_json(request.body, {limits.cbor_depth_max, limits.cbor_items_max});
  if (!cbor) return HttpError::body_not_json;
  resource::Content content;
  content.format = ocf_cbor;
  content.bytes = share(std::move(*cbor));
  return content;
}

}  // namespace ocf::http
