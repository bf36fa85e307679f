// Read model: the Resource Shadow. The latest representation of each resource.
#pragma once

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "device/device.hpp"
#include "es/event.hpp"
#include "ocf/link.hpp"
#include "resource/resource.hpp"

#include <map>

namespace ocf::shadow {

struct Representation {
  resource::Content content;
  Bytes etag;               // the device's, opaque; empty: none
  es::Version version = 0;  // of the event in its stream
  Time time{};
  es::Position position;
  device::Epoch epoch = 0;  // session in which the device said so
  std::uint64_t sequence = 0;
};

// A fold over all streams. One per process or shard; lives on its shard. Pointers are valid until the next
// apply(). It answers for registrations, not for callers: the directory says which registration a caller may
// read.
//
// Each registered device also has the representation of its status resource, which the hub hosts: {"online":
// bool}.
class Shadow {
 public:
  // The events of a device must come in their order; late representations (of an older session or sequence)
  // change nothing.
  void apply(const es::RecordedEvent& recorded);

  // nullptr: not registered, never read, or not read since it was published anew.
  const Representation* get(const device::DeviceKey& key, const Href& href) const;
  // All of a device's, by href; empty if it is not registered.
  const std::map<Href, Representation>& of_device(const device::DeviceKey& key) const;
  // Everything, by device and href.
  const std::map<device::DeviceKey, std::map<Href, Representation>>& all() const { return devices_; }

 private:
  void apply_holder(const device::DeviceKey& key, const es::RecordedEvent& recorded);
  void apply_device(const device::DeviceKey& key, const es::RecordedEvent& recorded);
  void apply_links(const device::DeviceKey& key, const es::RecordedEvent& recorded);
  void apply_resource(const device::DeviceKey& key, const Href& href, const es::RecordedEvent& recorded);

  std::map<device::DeviceKey, std::map<Href, Representation>> devices_;
};

}  // namespace ocf::shadow
