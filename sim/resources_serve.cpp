#include "sim/resources.hpp"

#include <algorithm>
#include <utility>

namespace ocf::sim {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

namespace {

constexpr std::string_view batch_interface = "oic.if.b";
constexpr std::string_view baseline_interface = "oic.if.baseline";
constexpr std::string_view create_interface = "oic.if.create";

// The interface asked for; empty: the default one.
std::string interface_of(const Message& request) {
  const auto asked = request.query("if");
  return asked.empty() ? std::string() : asked.front();
}

bool offers(const Resource& resource, std::string_view interface) {
  return interface.empty() || std::find(resource.interfaces.begin(), resource.interfaces.end(), interface) !=
                                  resource.interfaces.end();
}

Message answer(const Message& request, Code code) {
  Message message;
  message.code = code;
  message.token = request.token;
  return message;
}

// Real devices write their clock as it lies in memory.
Bytes etag_bytes(std::uint64_t etag) {
  Bytes bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(etag >> (8 * i)));
  return bytes;
}

std::uint64_t etag_value(const Bytes& bytes) {
  std::uint64_t etag = 0;
  for (std::size_t i = std::min<std::size_t>(bytes.size(), 8); i > 0; --i) etag = etag << 8 | bytes[i - 1];
  return etag;
}

void add_content(Message& message, const Message& request, Bytes payload) {
  if (request.uint(OptionNumber::accept) == coap::content_format::json) {
    if (const auto json = cbor::to_json(payload)) {
      message.add_uint(OptionNumber::content_format, coap::content_format::json);
      message.payload = copy_of(as_bytes(*json));
      return;
    }
  }
  message.add_uint(OptionNumber::content_format, coap::content_format::ocf_cbor);
  message.add_uint(OptionNumber::ocf_content_format_version, coap::ocf_version_1_0_0);
  message.payload = std::move(payload);
}

// A value of the kinds that properties have; records an error in the reader for others.
Value read_value(cbor::Reader& reader) {
  switch (reader.peek()) {
    case cbor::Type::boolean: return reader.boolean();
    case cbor::Type::unsigned_integer:
    case cbor::Type::negative_integer: return reader.integer();
    default: return reader.text();
  }
}

std::vector<std::string> read_texts(cbor::Reader& reader) {
  std::vector<std::string> texts;
  for (auto array = reader.array(); reader.next(array);) texts.push_back(reader.text());
  return texts;
}

std::vector<Property> read_properties(cbor::Reader& reader) {
  std::vector<Property> properties;
  for (auto map = reader.map(); reader.next(map);) {
    std::string name = reader.text();
    properties.push_back({std::move(name), read_value(reader)});
  }
  return properties;
}

// The new resource that a POST to a collection describes: {rt, if, p: {bm}, rep}.
Resource read_created(cbor::Reader& reader) {
  Resource made;
  for (auto map = reader.map(); reader.next(map);) {
    const std::string key = reader.text();
    if (key == "rt")
      made.types = read_texts(reader);
    else if (key == "if")
      made.interfaces = read_texts(reader);
    else if (key == "rep")
      made.properties = read_properties(reader);
    else
      reader.skip();
  }
  reader.finish();
  return made;
}

// False: a property would get a value of another type.
bool apply(const std::vector<Property>& changes, std::vector<Property>& properties) {
  std::vector<Property> after = properties;
  for (const Property& change : changes) {
    const auto at = std::find_if(after.begin(), after.end(),
                                 [&change](const Property& one) { return one.name == change.name; });
    if (at == after.end()) continue;
    if (at->value.index() != change.value.index()) return false;
    at->value = change.value;
  }
  properties = std::move(after);
  return true;
}

}  // namespace

Served Resources::serve(const Message& request, SteadyTime now) {
  std::vector<std::string> changed;
  Served served;
  switch (request.code) {
    case Code::get: served.response = get_or_observe(request); break;
    case Code::post: served.response = post(request, now, changed); break;
    case Code::del: served.response = remove(request, now, changed); break;
    default:
      served.response = answer(request, find(request.path()) ? Code::method_not_allowed : Code::not_found);
  }
  if (!changed.empty()) served.notifications = notify(changed);
  return served;
}

// -- GET

Message Resources::get_or_observe(const Message& request) {
  Message response = get(request, nullptr);
  const auto observe = request.uint(OptionNumber::observe);
  if (!observe) return response;
  std::erase_if(observers_, [&request](const Message& observer) { return observer.token == request.token; });
  const Resource* resource = find(request.path());
  const bool observable = resource != nullptr && (resource->policy & policy::observable) != 0;
  if (*observe == 0 && observable && response.code == Code::content) {
    response.add_uint(OptionNumber::observe, 0);
    observers_.push_back(request);
  }
  return response;
}

Message Resources::get(const Message& request, const std::vector<std::string>* changed) const {
  const Resource* resource = find(request.path());
  if (resource == nullptr) return answer(request, Code::not_found);
  const std::string interface = interface_of(request);
  if (!offers(*resource, interface)) return answer(request, Code::forbidden);

  const bool discovery = resource->href == discovery_href;
  const bool batch = interface == batch_interface;
  // A batch of all is as new as its newest item; of a batch of switches the real device sends no ETag.
  const std::uint64_t etag = !batch ? resource->etag : discovery ? last_etag_ : 0;
  const auto known = request.etags();
  const auto queries = request.queries();
  const bool only_newer =
      !known.empty() && std::any_of(queries.begin(), queries.end(), [](const std::string& query) {
        return query.starts_with("incChanges=");
      });
  if (changed == nullptr && etag != 0 && !known.empty() && etag_value(known.front()) == etag) {
    Message valid = answer(request, Code::valid);
    valid.add(OptionNumber::etag, etag_bytes(etag));
    return valid;
  }

  Bytes payload;
  IndefiniteWriter writer(payload);
  if (discovery && batch) {
    const std::uint64_t after = only_newer ? etag_value(known.front()) : 0;
    write_batch_of_all(writer, changed, after);
  } else if (discovery) {
    if (!write_discovery(writer, request.query("rt"), interface)) return answer(request, Code::bad_request);
  } else if (batch) {
    write_batch_of_switches(writer);
  } else {
    write_representation(writer, *resource, interface);
  }
  Message content = answer(request, Code::content);
  if (etag != 0) content.add(OptionNumber::etag, etag_bytes(etag));
  add_content(content, request, std::move(payload));
  return content;
}

// An empty interface is the default one.
void Resources::write_representation(IndefiniteWriter& writer, const Resource& resource,
                                     std::string_view interface) const {
  if (resource.href == collection_href && interface != baseline_interface) return write_switch_links(writer);
  writer.open_map();
  if (interface == baseline_interface) {
    writer.text("rt").texts(resource.types).text("if").texts(resource.interfaces);
  }
  for (const Property& property : resource.properties) writer.text(property.name).value(property.value);
  writer.close();
}

void Resources::write_switch_links(IndefiniteWriter& writer) const {
  writer.open_array();
  for (const Resource& resource : resources_) {
    if (!resource.created) continue;
    writer.open_map().text("href").text(resource.href).text("rt").texts(resource.types);
    writer.text("if").texts(resource.interfaces).text("rel").texts({"hosts"});
    writer.text("ins").integer(resource.own_instance);
    writer.text("p").open_map().text("bm").integer(resource.policy).close();
    write_endpoints(writer, resource);
    writer.close();
  }
  writer.close();
}

void Resources::write_batch_of_switches(IndefiniteWriter& writer) const {
  writer.open_array();
  for (const Resource& resource : resources_) {
    if (!resource.created) continue;
    writer.open_map().text("href").text(resource.href).text("rep");
    write_representation(writer, resource, {});
    writer.close();
  }
  writer.close();
}

void Resources::write_batch_of_all(IndefiniteWriter& writer, const std::vector<std::string>* changed,
                                   std::uint64_t after) const {
  writer.open_array();
  for (const Resource& resource : resources_) {
    if (resource.href == discovery_href || resource.etag <= after) continue;
    if (changed != nullptr && std::find(changed->begin(), changed->end(), resource.href) == changed->end())
      continue;
    writer.open_map().text("href").text("ocf://" + settings_.device.text() + resource.href);
    writer.text("rt").texts(resource.types).text("etag").bytes(etag_bytes(resource.etag)).text("rep");
    write_representation(writer, resource, {});
    writer.close();
  }
  writer.close();
}

bool Resources::write_discovery(IndefiniteWriter& writer, const std::vector<std::string>& types,
                                std::string_view interface) const {
  const auto wanted = [&types](const Resource& resource) {
    return types.empty() || std::find_first_of(types.begin(), types.end(), resource.types.begin(),
                                               resource.types.end()) != types.end();
  };
  if (std::none_of(resources_.begin(), resources_.end(), wanted)) return false;
  writer.open_array();
  if (interface == baseline_interface) {
    const Resource& self = *find(discovery_href);
    writer.open_map()
        .text("rt")
        .texts(self.types)
        .text("if")
        .texts(self.interfaces)
        .text("links")
        .open_array();
  }
  for (const Resource& resource : resources_) {
    if (wanted(resource)) write_discovered_link(writer, resource);
  }
  if (interface == baseline_interface) writer.close().close();
  writer.close();
  return true;
}

void Resources::write_discovered_link(IndefiniteWriter& writer, const Resource& resource) const {
  writer.open_map();
  if (resource.href == discovery_href) writer.text("rel").texts({"self"});
  writer.text("anchor").text("ocf://" + settings_.device.text()).text("href").text(resource.href);
  writer.text("rt").texts(resource.types).text("if").texts(resource.interfaces);
  writer.text("p").open_map().text("bm").integer(resource.policy).close();
  write_endpoints(writer, resource);
  writer.close();
}

void Resources::write_endpoints(IndefiniteWriter& writer, const Resource& resource) const {
  writer.text("eps").open_array();
  if (resource.has_endpoints) {
    for (const std::string& endpoint : settings_.local_endpoints) {
      writer.open_map().text("ep").text(endpoint).close();
    }
  }
  writer.close();
}

// -- POST and DELETE

Message Resources::post(const Message& request, SteadyTime now, std::vector<std::string>& changed) {
  Resource* resource = find(request.path());
  if (resource == nullptr) return answer(request, Code::not_found);
  const std::string interface = interface_of(request);
  if (!offers(*resource, interface)) return answer(request, Code::forbidden);
  if (interface == create_interface) return create(*resource, request, now, changed);
  if (resource->change == Resource::Change::nobody) return answer(request, Code::method_not_allowed);
  if (resource->change == Resource::Change::owner) return answer(request, Code::unauthorized);

  if (!request.payload.empty()) {
    cbor::Reader reader(request.payload);
    const auto changes = read_properties(reader);
    reader.finish();
    if (reader.error() || !apply(changes, resource->properties)) return answer(request, Code::bad_request);
  }
  touch(*resource, now);
  changed.push_back(resource->href);
  return answer(request, Code::changed);
}

Message Resources::create(Resource& collection, const Message& request, SteadyTime now,
                          std::vector<std::string>& changed) {
  cbor::Reader reader(request.payload);
  Resource made = read_created(reader);
  if (reader.error() || made.types.empty() || made.interfaces.empty())
    return answer(request, Code::bad_request);
  made.href = collection.href + '/' + std::to_string(++creations_);
  made.change = Resource::Change::anybody;
  made.created = true;
  made.own_instance = random_instance();
  touch(made, now);
  touch(collection, now);
  touch(*find(discovery_href), now);
  changed.insert(changed.end(), {made.href, collection.href, std::string(discovery_href)});

  Bytes payload;
  IndefiniteWriter writer(payload);
  writer.open_map()
      .text("href")
      .text(made.href)
      .text("rt")
      .texts(made.types)
      .text("if")
      .texts(made.interfaces);
  writer.text("p").open_map().text("bm").integer(made.policy).close().text("ins").integer(made.own_instance);
  writer.text("rep");
  write_representation(writer, made, baseline_interface);
  writer.close();
  resources_.push_back(std::move(made));

  Message response = answer(request, Code::created);
  add_content(response, request, std::move(payload));
  return response;
}

Message Resources::remove(const Message& request, SteadyTime now, std::vector<std::string>& changed) {
  const std::string path = request.path();
  const auto at = std::find_if(resources_.begin(), resources_.end(),
                               [&path](const Resource& resource) { return resource.href == path; });
  if (at == resources_.end()) return answer(request, Code::not_found);
  if (!at->created) return answer(request, Code::method_not_allowed);
  if (at->instance) withdrawn_.push_back(*at->instance);
  resources_.erase(at);
  touch(*find(collection_href), now);
  touch(*find(discovery_href), now);
  changed.insert(changed.end(), {path, std::string(collection_href), std::string(discovery_href)});
  return answer(request, Code::deleted);
}

}  // namespace ocf::sim
