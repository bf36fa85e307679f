// A device as it was: the events of one registration up to a point, folded as the live read models fold them.
#pragma once

#include "cloud/point.hpp"
#include "device/device.hpp"
#include "directory/directory.hpp"
#include "es/event_store.hpp"
#include "net/gate.hpp"
#include "shadow/shadow.hpp"

#include <map>

namespace ocf::cloud {

// How many may be folded at once; see Cloud::past.
inline constexpr std::size_t pasts_max = 8;

// Lives in the coroutine that asks, on the cloud's shard; the store outlives it. It reads the device's own
// streams and nothing else, a page at a time, and lets others have the shard after each. What it costs is in
// the events of the device and of the resources that are folded.
class Past {
 public:
  Past(es::EventStore& store, device::DeviceKey key, Point point, net::Gate::Holder inside);

  // First of all: the device and its links. Errors: of EventStore::read, history_trimmed.
  boost::asio::awaitable<Result<void>> fold_device();
  // Then what is wanted of its resources. Errors: the same.
  boost::asio::awaitable<Result<void>> fold_resource(Href href);
  boost::asio::awaitable<Result<void>> fold_resources();

  // As it was then, its links without the status resource; nullptr: not registered, or in another
  // registration.
  const directory::DeviceEntry* device() const;
  // By href; of what was folded, and always of the status resource.
  const std::map<Href, shadow::Representation>& representations() const;

 private:
  class Stream;

  void apply(const es::RecordedEvent& recorded);

  es::EventStore& store_;
  device::DeviceKey key_;
  Point point_;
  directory::Directory directory_;
  shadow::Shadow shadow_;
  std::map<Href, es::Position> unpublished_;  // by the last event that did so
  net::Gate::Holder inside_;
};

}  // namespace ocf::cloud
