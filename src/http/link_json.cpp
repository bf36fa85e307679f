#include "http/link_json.hpp"

namespace ocf::http {
namespace {

void write_texts(JsonWriter& json, const std::vector<std::string>& texts) {
  json.begin_array();
  for (const std::string& text : texts) json.text(text);
  json.end_array();
}

}  // namespace

void write_link_properties(JsonWriter& json, const Link& link) {
  json.key("href").text(link.href.text());
  write_texts(json.key("rt"), link.resource_types);
  write_texts(json.key("if"), link.interfaces);
  json.key("p").begin_object().key("bm").number(link.policy).end_object();
  json.key("ins").number(link.instance);
  if (!link.title.empty()) json.key("title").text(link.title);
}

void write_link(JsonWriter& json, const Link& link) {
  json.begin_object();
  write_link_properties(json, link);
  json.end_object();
}

}  // namespace ocf::http
