#include "sim/resources.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace ocf::sim {

using coap::Message;
using coap::OptionNumber;

namespace {

using Texts = std::vector<std::string>;

const Texts read_only{"oic.if.r", "oic.if.baseline"};
const Texts read_write{"oic.if.rw", "oic.if.baseline"};

std::string uuid(std::mt19937_64& random) {
  Bytes bytes;
  for (int i = 0; i < 16; ++i) bytes.push_back(static_cast<std::uint8_t>(random()));
  std::string text = to_hex(bytes);
  for (const std::size_t dash : {8u, 13u, 18u, 23u}) text.insert(dash, 1, '-');
  return text;
}

Resource resource(std::string href, Texts types, Texts interfaces, std::vector<Property> properties) {
  Resource made;
  made.href = std::move(href);
  made.types = std::move(types);
  made.interfaces = std::move(interfaces);
  made.properties = std::move(properties);
  return made;
}

Resource light(std::size_t number) {
  Resource made = resource("/light/" + std::to_string(number), {"core.light"}, read_write,
                           {{"state", false}, {"power", std::int64_t{0}}, {"name", std::string("Light")}});
  made.change = Resource::Change::anybody;
  return made;
}

Resource configuration(const DeviceSettings& settings) {
  // The real one shows rt and if on every interface.
  Resource made = resource(std::string(configuration_href), {"oic.r.coapcloudconf"}, read_write,
                           {{"rt", Texts{"oic.r.coapcloudconf"}},
                            {"if", read_write},
                            {"apn", settings.provider},
                            {"cis", settings.server},
                            {"sid", settings.server_id},
                            {"clec", std::int64_t{0}},
                            {"cps", std::string("readytoregister")}});
  made.change = Resource::Change::owner;
  made.published = false;
  made.has_endpoints = false;
  return made;
}

std::deque<Resource> resources_of(const DeviceSettings& settings, std::mt19937_64& random) {
  std::deque<Resource> all;
  all.push_back(resource("/oic/d", {"oic.d.cloudDevice", "oic.wk.d"}, read_only,
                         {{"di", settings.device.text()},
                          {"piid", uuid(random)},
                          {"n", settings.name},
                          {"icv", std::string("ocf.2.0.5")},
                          {"dmv", std::string("ocf.res.1.3.0")},
                          {"dmno", std::string("CS-0")},
                          {"sv", std::string("1.0.1-rc1")}}));
  all.push_back(resource("/oic/p", {"oic.wk.p"}, read_only,
                         {{"pi", uuid(random)},
                          {"mnmn", std::string("ocfcloud.com")},
                          {"x.org.iotivity.version", std::int64_t{0x02020510}}}));
  for (std::size_t number = 1; number <= settings.lights; ++number) all.push_back(light(number));
  all.push_back(resource(std::string(collection_href), {"oic.wk.col"},
                         {"oic.if.ll", "oic.if.create", "oic.if.b", "oic.if.baseline"}, {}));
  Resource& con = all.emplace_back(resource("/oc/con", {"oic.wk.con"}, read_write, {{"n", settings.name}}));
  con.change = Resource::Change::anybody;
  con.has_endpoints = false;
  Resource& maintenance = all.emplace_back(resource("/oic/mnt", {"oic.wk.mnt"}, read_write, {{"fr", false}}));
  maintenance.change = Resource::Change::owner;
  maintenance.policy = policy::discoverable;
  maintenance.has_endpoints = false;
  Resource& introspection =
      all.emplace_back(resource("/oc/wk/introspection", {"oic.wk.introspection"}, read_only, {}));
  introspection.policy = policy::discoverable;
  introspection.published = false;
  introspection.has_endpoints = false;
  all.push_back(configuration(settings));
  all.push_back(resource(std::string(discovery_href), {"oic.wk.res"},
                         {"oic.if.ll", "oic.if.b", "oic.if.baseline"}, {}));
  all.back().published = false;
  return all;
}

}  // namespace

Resources::Resources(const DeviceSettings& settings, std::mt19937_64& random, Time wall, SteadyTime now)
    : settings_(settings),
      random_(random),
      wall_(wall),
      started_(now),
      resources_(resources_of(settings, random)) {
  for (Resource& resource : resources_) touch(resource, now);
}

const Resource* Resources::find(std::string_view href) const {
  const auto at = std::find_if(resources_.begin(), resources_.end(),
                               [href](const Resource& resource) { return resource.href == href; });
  return at == resources_.end() ? nullptr : &*at;
}

Resource* Resources::find(std::string_view href) {
  return const_cast<Resource*>(std::as_const(*this).find(href));
}

void Resources::touch(Resource& resource, SteadyTime now) {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(now - started_);
  const auto clock = static_cast<std::uint64_t>((wall_.time_since_epoch() + since).count());
  last_etag_ = std::max(last_etag_ + 1, clock);
  resource.etag = last_etag_;
}

std::vector<Message> Resources::set(std::string_view href, std::string_view property, Value value,
                                    SteadyTime now) {
  Resource* resource = find(href);
  OCF_ASSERT(resource != nullptr, "the caller names a resource of the device");
  const auto at = std::find_if(resource->properties.begin(), resource->properties.end(),
                               [property](const Property& one) { return one.name == property; });
  OCF_ASSERT(at != resource->properties.end(), "the caller names a property of the resource");
  at->value = std::move(value);
  touch(*resource, now);
  return notify({resource->href});
}

// -- What the cloud is to know

Bytes Resources::publication() {
  Bytes out;
  if (!has_unpublished()) return out;
  IndefiniteWriter writer(out);
  writer.open_map().text("di").text(settings_.device.text()).text("n").text(settings_.name);
  writer.text("ttl").integer(0).text("links").open_array();
  for (const Resource& resource : resources_) {
    if (!resource.published || resource.instance) continue;
    writer.open_map().text("href").text(resource.href).text("rt").texts(resource.types);
    writer.text("if").texts(resource.interfaces).text("rel").text("hosts");
    writer.text("ins").integer(random_instance());
    writer.text("p").open_map().text("bm").integer(resource.policy).close().close();
  }
  writer.close().close();
  return out;
}

bool Resources::has_unpublished() const {
  return std::any_of(resources_.begin(), resources_.end(),
                     [](const Resource& resource) { return resource.published && !resource.instance; });
}

void Resources::published(const std::vector<Link>& links) {
  for (const Link& link : links) {
    if (Resource* resource = find(link.href.text())) resource->instance = link.instance;
  }
}

std::int64_t Resources::random_instance() { return static_cast<std::int64_t>(random_() & 0xffffffff); }

// -- Observers

std::vector<Message> Resources::notify(const std::vector<std::string>& changed) {
  std::vector<Message> notifications;
  for (auto at = observers_.begin(); at != observers_.end();) {
    const Message& request = *at;
    const std::string path = request.path();
    const bool batch_of_all =
        path == discovery_href && !request.query("if").empty() && request.query("if").front() == "oic.if.b";
    if (!batch_of_all && std::find(changed.begin(), changed.end(), path) == changed.end()) {
      ++at;
      continue;
    }
    Message& notification = notifications.emplace_back(get(request, batch_of_all ? &changed : nullptr));
    const bool goes_on = coap::is_success(notification.code);
    if (goes_on) notification.add_uint(OptionNumber::observe, sequence_);
    at = goes_on ? std::next(at) : observers_.erase(at);
  }
  if (!notifications.empty()) ++sequence_;
  return notifications;
}

}  // namespace ocf::sim
