// The resources of a simulated device: what they hold, and how they answer requests.
#pragma once

#include "base/time.hpp"
#include "coap/message.hpp"
#include "ocf/link.hpp"
#include "sim/indefinite_writer.hpp"
#include "sim/settings.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocf::sim {

inline constexpr std::string_view discovery_href = "/oic/res";
inline constexpr std::string_view collection_href = "/switches";
inline constexpr std::string_view configuration_href = "/CoapCloudConfResURI";

struct Property {
  std::string name;
  Value value;
};

struct Resource {
  // Who may change it by POST: nobody (it has no handler), anybody, or the device's owner alone, which a
  // cloud is not.
  enum class Change { nobody, anybody, owner };

  std::string href;
  std::vector<std::string> types;
  std::vector<std::string> interfaces;  // the first is the default
  std::uint8_t policy = policy::discoverable | policy::observable;
  std::vector<Property> properties;
  Change change = Change::nobody;
  bool published = true;                 // the cloud is told of it
  bool has_endpoints = true;             // its link in /oic/res leads somewhere
  bool created = false;                  // in the collection, by POST; can be deleted
  std::int64_t own_instance = 0;         // `ins` of a created one, in the collection
  std::optional<std::int64_t> instance;  // `ins` in the cloud's directory, once it has confirmed the link
  std::uint64_t etag = 0;                // the microsecond of its last change
};

// What a request leads to, in the order in which it is sent.
struct Served {
  coap::Message response;
  std::vector<coap::Message> notifications;
};

// The resources of iotivity-lite's cloud_server: /oic/d, /oic/p, lights, a collection of switches, /oc/con,
// /oic/mnt and, not published, introspection, the cloud's configuration and /oic/res. One per device; the
// settings and the source of random numbers outlive it.
class Resources {
 public:
  // `wall` is the time of day at `now`: ETags count microseconds since 1970.
  Resources(const DeviceSettings& settings, std::mt19937_64& random, Time wall, SteadyTime now);

  // Answers GET, POST, PUT and DELETE.
  Served serve(const coap::Message& request, SteadyTime now);

  // Changes a property as the device itself would; the answer: notifications. Precondition: the resource has
  // the property.
  std::vector<coap::Message> set(std::string_view href, std::string_view property, Value value,
                                 SteadyTime now);
  // Observations die with the connection.
  void forget_observers() { observers_.clear(); }
  std::size_t observers() const { return observers_.size(); }

  // The payload that publishes every link the cloud has not confirmed; empty if there is none.
  Bytes publication();
  // The cloud has confirmed these links.
  void published(const std::vector<Link>& links);
  // Instances of links that the cloud has and that are gone; each is told once.
  std::vector<std::int64_t> take_withdrawn() { return std::exchange(withdrawn_, {}); }

 private:
  const Resource* find(std::string_view href) const;
  Resource* find(std::string_view href);
  bool has_unpublished() const;

  coap::Message get_or_observe(const coap::Message& request);
  // `changed`: what a batch of all shall have; null: everything.
  coap::Message get(const coap::Message& request, const std::vector<std::string>* changed) const;
  coap::Message post(const coap::Message& request, SteadyTime now, std::vector<std::string>& changed);
  coap::Message create(Resource& collection, const coap::Message& request, SteadyTime now,
                       std::vector<std::string>& changed);
  coap::Message remove(const coap::Message& request, SteadyTime now, std::vector<std::string>& changed);

  void write_representation(IndefiniteWriter& writer, const Resource& resource,
                            std::string_view interface) const;
  void write_switch_links(IndefiniteWriter& writer) const;
  void write_batch_of_switches(IndefiniteWriter& writer) const;
  void write_batch_of_all(IndefiniteWriter& writer, const std::vector<std::string>* changed,
                          std::uint64_t after) const;
  // False: there is no resource of these types.
  bool write_discovery(IndefiniteWriter& writer, const std::vector<std::string>& types,
                       std::string_view interface) const;
  void write_discovered_link(IndefiniteWriter& writer, const Resource& resource) const;
  void write_endpoints(IndefiniteWriter& writer, const Resource& resource) const;

  std::vector<coap::Message> notify(const std::vector<std::string>& changed);
  void touch(Resource& resource, SteadyTime now);
  std::int64_t random_instance();

  const DeviceSettings& settings_;
  std::mt19937_64& random_;
  const Time wall_;
  const SteadyTime started_;
  std::uint64_t last_etag_ = 0;
  std::deque<Resource> resources_;
  unsigned creations_ = 0;
  std::vector<coap::Message> observers_;  // the requests that began them, oldest first
  std::uint64_t sequence_ = 2;            // of the next notification: real devices leave out 1
  std::vector<std::int64_t> withdrawn_;
};

}  // namespace ocf::sim
