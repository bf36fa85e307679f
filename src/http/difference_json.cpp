#include "http/difference_json.hpp"

#include "http/content.hpp"
#include "http/link_json.hpp"

#include <string>
#include <vector>

namespace ocf::http {
namespace {

using directory::DeviceEntry;

// One resource in both states; at least one of the links is there.
struct Pair {
  const Link* from = nullptr;
  const Link* to = nullptr;
  const shadow::Representation* was = nullptr;
  const shadow::Representation* is = nullptr;
};
using Pairs = std::map<Href, Pair>;

const shadow::Representation* known(const DeviceState& state, const Href& href) {
  if (state.shadow == nullptr) return nullptr;
  const auto found = state.shadow->find(href);
  return found == state.shadow->end() ? nullptr : &found->second;
}

void note(Pairs& pairs, const DeviceState& state, const Link* Pair::*link,
          const shadow::Representation* Pair::*representation) {
  if (state.device == nullptr) return;
  for (const auto& [href, published] : state.device->links) {
    if (state.only != nullptr && href != *state.only) continue;
    Pair& pair = pairs[href];
    pair.*link = &published;
    pair.*representation = known(state, href);
  }
}

bool is_same(const shadow::Representation* a, const shadow::Representation* b) {
  if (a == nullptr || b == nullptr) return a == b;
  if (a->content == b->content) return true;
  const auto value = json_of(a->content);  // there are several ways to write it in CBOR
  return value && value == json_of(b->content);
}

bool is_same(const Pair& pair) { return *pair.from == *pair.to && is_same(pair.was, pair.is); }

void write_representation(JsonWriter& json, const shadow::Representation* known) {
  if (known == nullptr) return;
  json.key("time").text(to_rfc3339(known->time));
  write_content(json.key("content"), known->content);
}

void write_resource(JsonWriter& json, const Link& link, const shadow::Representation* known) {
  json.begin_object();
  write_link_properties(json, link);
  write_representation(json, known);
  json.end_object();
}

class DeviceDifference {
 public:
  explicit DeviceDifference(JsonWriter& json) : json_(json) { json_.key("device").begin_object(); }

  template <class T, class Write>
  void compare(const char* name, const T& from, const T& to, Write write) {
    if (from == to) return;
    differs_ = true;
    json_.key(name).begin_object();
    write(json_.key("from"), from);
    write(json_.key("to"), to);
    json_.end_object();
  }
  bool end() {
    json_.end_object();
    return differs_;
  }

 private:
  JsonWriter& json_;
  bool differs_ = false;
};

bool write_device(JsonWriter& json, const DeviceEntry* from, const DeviceEntry* to) {
  const auto boolean = [](JsonWriter& out, bool value) { out.boolean(value); };
  const auto text = [](JsonWriter& out, const std::string& value) { out.text(value); };
  DeviceDifference difference(json);
  difference.compare("registered", from != nullptr, to != nullptr, boolean);
  static const DeviceEntry none;
  const DeviceEntry& was = from != nullptr ? *from : none;
  const DeviceEntry& is = to != nullptr ? *to : none;
  if (from != nullptr && to != nullptr) {
    difference.compare("registration", was.key.registration, is.key.registration,
                       [](JsonWriter& out, account::Registration value) { out.number(value); });
    difference.compare("owner", was.owner.text(), is.owner.text(), text);
  }
  difference.compare("name", was.name, is.name, text);
  difference.compare("online", was.online, is.online, boolean);
  return difference.end();
}

}  // namespace

bool write_difference(JsonWriter& json, const DeviceState& from, const DeviceState& to) {
  Pairs pairs;
  note(pairs, from, &Pair::from, &Pair::was);
  note(pairs, to, &Pair::to, &Pair::is);
  bool differs = write_device(json, from.device, to.device);
  json.key("came").begin_array();
  for (const auto& [href, pair] : pairs) {
    if (pair.from == nullptr) write_resource(json, *pair.to, pair.is);
  }
  json.end_array().key("went").begin_array();
  for (const auto& [href, pair] : pairs) {
    if (pair.to == nullptr) write_resource(json, *pair.from, pair.was);
  }
  json.end_array().key("changed").begin_array();
  for (const auto& [href, pair] : pairs) {
    const bool is_in_both = pair.from != nullptr && pair.to != nullptr;
    if (!is_in_both || is_same(pair)) {
      differs = differs || !is_in_both;
      continue;
    }
    differs = true;
    const bool is_other_link = *pair.from != *pair.to;
    json.begin_object().key("href").text(href.text()).key("from").begin_object();
    write_representation(json, pair.was);
    if (is_other_link) write_link(json.key("link"), *pair.from);
    json.end_object().key("to").begin_object();
    write_representation(json, pair.is);
    if (is_other_link) write_link(json.key("link"), *pair.to);
    json.end_object().end_object();
  }
  json.end_array();
  return differs;
}

}  // namespace ocf::http
