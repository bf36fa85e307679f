// Read model: the Resource Directory. Which devices there are, who owns them, whether they are online, and
// their links.
#pragma once

#include "account/holder.hpp"
#include "account/principal.hpp"
#include "base/time.hpp"
#include "device/device.hpp"
#include "es/event.hpp"
#include "links/links.hpp"
#include "ocf/link.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ocf::directory {

// The href of the resource that the hub hosts for each registered device (ocf::status_link).
const Href& status_href();

// A registered device in its current registration.
struct DeviceEntry {
  device::DeviceKey key;
  account::Owner owner;
  std::string name;  // as the device published it; empty: not yet
  bool online = false;
  device::Epoch epoch = 0;  // of the newest session; 0: never connected
  Time since{};             // of the last change of `online`
  bool in_sync = false;     // every resource was read since it came online
  Time stale_since{};       // if it is not: since when what is known may be old; the epoch's begin: always
  Time registered{};
  std::map<Href, Link> links;  // published by the device
  std::map<Href, Time> ends;   // of the links that have a lifetime
};

// A device as its user sees it: the links include the status resource.
using DeviceView = DeviceEntry;
DeviceView view_of(const DeviceEntry& entry);

struct FoundLink {
  device::DeviceKey device;
  account::Owner owner;
  bool online = false;
  Link link;
};

// Empty: no condition.
struct Filter {
  std::vector<std::string> resource_types;  // any of them
  std::vector<DeviceId> devices;            // any of them
  std::string interface;
};

// A fold over all streams. One per process or shard; lives on its shard. Pointers are valid until the next
// apply().
class Directory {
 public:
  // The events of a device must come in their order; what is not about devices and links is ignored. Events
  // that cannot be decoded are passed over: the log is the truth, and whoever appended them was told.
  void apply(const es::RecordedEvent& recorded);

  // Queries return only what the access allows to read (R14), ordered by device and href. Their cost is in
  // the devices that the access names, not in those of the tenant. Only links that are discoverable are
  // found.
  std::vector<FoundLink> find(const account::Access& access, const Filter& filter) const;
  std::optional<DeviceView> device(const account::Access& access, const DeviceId& device) const;
  std::vector<DeviceView> devices(const account::Access& access) const;

  // For use cases, unfiltered: the device in its current registration; nullptr if it is not registered. One
  // that was released but is not deregistered yet is still known, so that its removal can be repeated, but no
  // query shows it.
  const DeviceEntry* known(const account::Tenant& tenant, const DeviceId& device) const;
  // A session that is shown as open.
  struct Session {
    device::DeviceKey key;
    account::Owner owner;
    device::Epoch epoch = 0;
  };
  // For use cases, unfiltered, for callers that suspend. Visits every device.
  std::vector<Session> online() const;
  // How many devices this owner has without this one.
  std::size_t owned_besides(const account::Tenant& tenant, const account::Owner& owner,
                            const DeviceId& device) const;
  // How many devices are known, of all tenants.
  std::size_t size() const;
  // Devices of which a link's lifetime ended by then, the earliest first. Its cost is in those.
  std::vector<device::DeviceKey> with_ended_links(Time ended_by) const;

  // What is known of a device id from the moment that somebody claimed it.
  struct Claimed {
    DeviceEntry entry;
    bool registered = false;
    bool released = false;
  };
  // All of it, unfiltered, ordered by tenant and device.
  std::vector<const Claimed*> all() const;

 private:
  struct TenantSlice {
    std::unordered_map<DeviceId, Claimed> devices;
    std::unordered_map<account::Owner, std::set<DeviceId>> owned;
  };

  void apply_holder(const device::DeviceKey& key, const es::RecordedEvent& recorded);
  void apply_device(const device::DeviceKey& key, const es::RecordedEvent& recorded);
  void apply_links(const device::DeviceKey& key, const es::RecordedEvent& recorded);

  // The device's links are others than they were.
  void note_ends(const DeviceEntry& entry, std::optional<Time> was);
  void forget(const account::Tenant& tenant, const DeviceId& device);
  // Of exactly this registration; nullptr if it is not the current one.
  Claimed* current(const device::DeviceKey& key);
  const Claimed* claimed(const account::Tenant& tenant, const DeviceId& device) const;
  // The devices that the access may name, of those the wanted ones (empty: all), in order.
  std::vector<const DeviceEntry*> readable(const account::Access& access,
                                           const std::vector<DeviceId>& wanted) const;

  std::map<account::Tenant, TenantSlice> tenants_;
  std::set<std::pair<Time, device::DeviceKey>> ends_;  // the first of each device that has any
};

}  // namespace ocf::directory
