#include "http/model_json.hpp"

#include "cloud/metrics.hpp"
#include "http/content.hpp"
#include "http/json_writer.hpp"
#include "http/link_json.hpp"

#include <set>

namespace ocf::http {
namespace {

using Claimed = directory::Directory::Claimed;

void write_device(JsonWriter& json, const Claimed& claimed) {
  const directory::DeviceEntry& entry = claimed.entry;
  json.key("device").begin_object();
  json.key("owner").text(entry.owner.text());
  json.key("name").text(entry.name);
  json.key("registered").boolean(claimed.registered);
  json.key("released").boolean(claimed.released);
  json.key("online").boolean(entry.online);
  json.key("since").text(to_rfc3339(entry.since));
  json.key("epoch").number(entry.epoch);
  json.key("inSync").boolean(entry.in_sync);
  json.key("staleSince").text(to_rfc3339(entry.stale_since));
  json.end_object();
}

void write_links(JsonWriter& json, const directory::DeviceEntry& entry) {
  for (const auto& [href, link] : entry.links) {
    json.begin_object();
    write_link_properties(json, link);
    if (const auto end = entry.ends.find(href); end != entry.ends.end())
      json.key("ends").text(to_rfc3339(end->second));
    json.end_object();
  }
}

// Its JSON may be the same in several formats.
void write_formatted(JsonWriter& json, const resource::Content& content) {
  if (content.format != resource::Content::no_format) json.key("format").number(content.format);
  write_content(json.key("content"), content);
}

// Where the event stands is left out: what sums up events that were trimmed stands elsewhere.
void write_known(JsonWriter& json, const Href& href, const shadow::Representation& known) {
  json.begin_object();
  json.key("href").text(href.text());
  json.key("version").number(known.version);
  json.key("time").text(to_rfc3339(known.time));
  json.key("epoch").number(known.epoch);
  json.key("sequence").number(known.sequence);
  if (!known.etag.empty()) json.key("etag").text(to_hex(known.etag));
  write_formatted(json, known.content);
  json.end_object();
}

void write_pending(JsonWriter& json, const pending::PendingCommand& command) {
  json.begin_object();
  json.key("href").text(command.href.text());
  json.key("correlationId").text(command.correlation.text());
  json.key("operation").text(cloud::name_of(command.operation));
  if (!command.query.empty()) json.key("query").text(command.query);
  write_formatted(json, command.content);
  json.key("validUntil").text(to_rfc3339(command.valid_until));
  json.key("dispatchedTo").number(command.dispatched_to);
  json.key("owner").text(command.owner.text());
  json.end_object();
}

}  // namespace

ModelLines::ModelLines(const cloud::ReadModels& models) : models_(models) {
  std::set<device::DeviceKey> keys;
  for (const Claimed* claimed : models.directory.all()) {
    claimed_.emplace(claimed->entry.key, claimed);
    keys.insert(claimed->entry.key);
  }
  for (const auto& [key, known] : models.shadow.all()) keys.insert(key);
  for (const auto& [key, commands] : models.pending.all()) keys.insert(key);
  keys_.assign(keys.begin(), keys.end());
}

std::string ModelLines::line(const device::DeviceKey& key) const {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.key("tenant").text(key.tenant.text());
  json.key("di").text(key.device.text());
  json.key("registration").number(key.registration);
  const auto claimed = claimed_.find(key);
  if (claimed != claimed_.end()) write_device(json, *claimed->second);
  json.key("links").begin_array();
  if (claimed != claimed_.end()) write_links(json, claimed->second->entry);
  json.end_array().key("shadow").begin_array();
  for (const auto& [href, known] : models_.shadow.of_device(key)) write_known(json, href, known);
  json.end_array().key("pending").begin_array();
  for (const pending::PendingCommand& command : models_.pending.of(key)) write_pending(json, command);
  json.end_array().end_object();
  return text;
}

}  // namespace ocf::http
