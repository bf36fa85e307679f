#include "directory/directory.hpp"

#include "base/overload.hpp"

#include <algorithm>

namespace ocf::directory {
namespace {

using account::Access;
using account::Right;

account::Subject subject_of(const DeviceEntry& entry) {
  return {entry.key.tenant, entry.key.device, entry.owner};
}

void out_of_sync(DeviceEntry& entry, Time now) {
  if (std::exchange(entry.in_sync, false)) entry.stale_since = now;
}

std::optional<Time> first_end(const DeviceEntry& entry) {
  std::optional<Time> first;
  for (const auto& [href, end] : entry.ends) first = std::min(first.value_or(end), end);
  return first;
}

// The links of the device and the status link, by href.
template <class Visit>
void for_each_link(const DeviceEntry& entry, Visit visit) {
  static const Link status = status_link();
  auto link = entry.links.begin();
  for (; link != entry.links.end() && link->first < status.href; ++link) visit(link->second);
  visit(status);
  for (; link != entry.links.end(); ++link) visit(link->second);
}

bool matches(const Link& link, const Filter& filter) {
  if ((link.policy & policy::discoverable) == 0) return false;
  if (!filter.interface.empty() && !link.has_interface(filter.interface)) return false;
  return filter.resource_types.empty() ||
         std::any_of(filter.resource_types.begin(), filter.resource_types.end(),
                     [&](const std::string& type) { return link.has_type(type); });
}

}  // namespace

const Href& status_href() {
  static const Href href{std::string(ocf::status_href)};
  return href;
}

DeviceView view_of(const DeviceEntry& entry) {
  DeviceView view = entry;
  view.links.emplace(status_href(), status_link());
  return view;
}

void Directory::apply(const es::RecordedEvent& recorded) {
  const auto key = device::key_of(recorded.stream);
  if (!key) return;
  const std::string_view name = recorded.stream.name();
  if (name == account::stream_name)
    apply_holder(*key, recorded);
  else if (name == device::stream_name)
    apply_device(*key, recorded);
  else if (name == links::stream_name)
    apply_links(*key, recorded);
}

void Directory::apply_holder(const device::DeviceKey& key, const es::RecordedEvent& recorded) {
  const auto event = account::Holder::decode(recorded);
  if (!event || !*event) return;
  std::visit(overload{[&](const account::DeviceClaimed& e) {
                        forget(key.tenant, key.device);
                        TenantSlice& slice = tenants_[key.tenant];
                        Claimed& device = slice.devices[key.device];
                        device.entry.key = {key.tenant, key.device, e.registration};
                        device.entry.owner = e.owner;
                        slice.owned[e.owner].insert(key.device);
                      },
                      [&](const account::DeviceReleased& e) {
                        Claimed* device = current({key.tenant, key.device, e.registration});
                        if (device == nullptr) return;
                        if (device->registered)
                          device->released = true;
                        else
                          forget(key.tenant, key.device);
                      }},
             **event);
}

void Directory::apply_device(const device::DeviceKey& key, const es::RecordedEvent& recorded) {
  Claimed* device = current(key);
  if (device == nullptr) return;
  const auto event = device::Device::decode(recorded);
  if (!event || !*event) return;
  DeviceEntry& entry = device->entry;
  const Time time = recorded.event.time;
  std::visit(overload{[&](const device::DeviceRegistered&) {
                        device->registered = true;
                        entry.registered = entry.since = time;
                      },
                      [&](const device::DeviceConnected&) {
                        if (!entry.online) entry.since = time;
                        out_of_sync(entry, time);
                        entry.online = true;
                        entry.epoch = recorded.version;
                      },
                      [&](const device::DeviceSynchronized& e) { entry.in_sync = e.epoch == entry.epoch; },
                      [&](const device::DeviceDisconnected& e) {
                        if (e.epoch != entry.epoch) return;
                        out_of_sync(entry, time);
                        entry.online = false;
                        entry.since = time;
                      },
                      [&](const device::DeviceDeregistered&) { forget(key.tenant, key.device); }},
             **event);
}

void Directory::apply_links(const device::DeviceKey& key, const es::RecordedEvent& recorded) {
  Claimed* device = current(key);
  if (device == nullptr) return;
  const auto event = links::Links::decode(recorded);
  if (!event || !*event) return;
  DeviceEntry& entry = device->entry;
  const auto first = first_end(entry);
  links::Links::State state{std::move(entry.links), std::move(entry.name), std::move(entry.ends)};
  state = links::Links::evolve(std::move(state), **event);
  entry.links = std::move(state.links);
  entry.name = std::move(state.name);
  entry.ends = std::move(state.ends);
  note_ends(entry, first);
}

void Directory::note_ends(const DeviceEntry& entry, std::optional<Time> was) {
  if (was) ends_.erase({*was, entry.key});
  if (const auto first = first_end(entry)) ends_.emplace(*first, entry.key);
}

std::vector<FoundLink> Directory::find(const Access& access, const Filter& filter) const {
  std::vector<FoundLink> found;
  for (const DeviceEntry* entry : readable(access, filter.devices)) {
    for_each_link(*entry, [&](const Link& link) {
      if (matches(link, filter)) found.push_back({entry->key, entry->owner, entry->online, link});
    });
  }
  return found;
}

std::optional<DeviceView> Directory::device(const Access& access, const DeviceId& device) const {
  const auto entries = readable(access, {device});
  if (entries.empty()) return std::nullopt;
  return view_of(*entries.front());
}

std::vector<DeviceView> Directory::devices(const Access& access) const {
  std::vector<DeviceView> views;
  for (const DeviceEntry* entry : readable(access, {})) views.push_back(view_of(*entry));
  return views;
}

const DeviceEntry* Directory::known(const account::Tenant& tenant, const DeviceId& device) const {
  const Claimed* found = claimed(tenant, device);
  return found != nullptr && found->registered ? &found->entry : nullptr;
}

std::size_t Directory::owned_besides(const account::Tenant& tenant, const account::Owner& owner,
                                     const DeviceId& device) const {
  const auto slice = tenants_.find(tenant);
  if (slice == tenants_.end()) return 0;
  const auto owned = slice->second.owned.find(owner);
  if (owned == slice->second.owned.end()) return 0;
  return owned->second.size() - (owned->second.contains(device) ? 1 : 0);
}

std::size_t Directory::size() const {
  std::size_t size = 0;
  for (const auto& [tenant, slice] : tenants_) size += slice.devices.size();
  return size;
}

std::vector<Directory::Session> Directory::online() const {
  std::vector<Session> sessions;
  for (const auto& [tenant, slice] : tenants_) {
    for (const auto& [id, device] : slice.devices) {
      const DeviceEntry& entry = device.entry;
      if (entry.online) sessions.push_back({entry.key, entry.owner, entry.epoch});
    }
  }
  return sessions;
}

std::vector<device::DeviceKey> Directory::with_ended_links(Time ended_by) const {
  std::vector<device::DeviceKey> keys;
  for (auto end = ends_.begin(); end != ends_.end() && end->first <= ended_by; ++end)
    keys.push_back(end->second);
  return keys;
}

std::vector<const Directory::Claimed*> Directory::all() const {
  std::vector<const Claimed*> devices;
  for (const auto& [tenant, slice] : tenants_) {
    for (const auto& [id, device] : slice.devices) devices.push_back(&device);
  }
  std::sort(devices.begin(), devices.end(),
            [](const Claimed* a, const Claimed* b) { return a->entry.key < b->entry.key; });
  return devices;
}

void Directory::forget(const account::Tenant& tenant, const DeviceId& device) {
  TenantSlice& slice = tenants_[tenant];
  const auto found = slice.devices.find(device);
  if (found == slice.devices.end()) return;
  if (const auto first = first_end(found->second.entry)) ends_.erase({*first, found->second.entry.key});
  const auto owned = slice.owned.find(found->second.entry.owner);
  owned->second.erase(device);
  if (owned->second.empty()) slice.owned.erase(owned);
  slice.devices.erase(found);
}

const Directory::Claimed* Directory::claimed(const account::Tenant& tenant, const DeviceId& device) const {
  const auto slice = tenants_.find(tenant);
  if (slice == tenants_.end()) return nullptr;
  const auto found = slice->second.devices.find(device);
  return found == slice->second.devices.end() ? nullptr : &found->second;
}

Directory::Claimed* Directory::current(const device::DeviceKey& key) {
  const auto slice = tenants_.find(key.tenant);
  if (slice == tenants_.end()) return nullptr;
  const auto found = slice->second.devices.find(key.device);
  const bool is_current =
      found != slice->second.devices.end() && found->second.entry.key.registration == key.registration;
  return is_current ? &found->second : nullptr;
}

std::vector<const DeviceEntry*> Directory::readable(const Access& access,
                                                    const std::vector<DeviceId>& wanted) const {
  const account::Tenant& tenant = access.principal.tenant;
  const auto slice = tenants_.find(tenant);
  if (slice == tenants_.end()) return {};
  std::set<DeviceId> candidates(wanted.begin(), wanted.end());
  if (wanted.empty()) {
    const auto owned = slice->second.owned.find(access.principal.owner);
    if (owned != slice->second.owned.end()) candidates = owned->second;
    for (const Access::Grant& grant : access.grants) candidates.insert(grant.device);
  }
  std::vector<const DeviceEntry*> entries;
  for (const DeviceId& id : candidates) {
    const Claimed* device = claimed(tenant, id);
    if (device == nullptr || !device->registered || device->released) continue;
    if (access.allows(subject_of(device->entry), Right::read)) entries.push_back(&device->entry);
  }
  return entries;
}

}  // namespace ocf::directory
