#include "http/refusal_json.hpp"

#include "http/json_writer.hpp"

namespace ocf::http {

std::string refusals_document(const std::vector<device::Refusal>& refusals) {
  std::string document;
  JsonWriter json(document);
  json.begin_object().key("refusals").begin_array();
  for (const device::Refusal& refusal : refusals) {
    json.begin_object();
    json.key("time").text(to_rfc3339(refusal.time));
    json.key("count").number(refusal.count);
    json.key("since").text(to_rfc3339(refusal.since));
    json.key("stage").text(name_of(refusal.fault.stage));
    json.key("peer").text(refusal.peer);
    if (refusal.device) json.key("device").text(refusal.device->text());
    if (!refusal.principal.empty()) json.key("principal").text(refusal.principal);
    json.key("reason").text(refusal.reason);
    json.key("advice").text(advice(refusal.fault));
    json.end_object();
  }
  json.end_array().end_object();
  return document;
}

}  // namespace ocf::http
