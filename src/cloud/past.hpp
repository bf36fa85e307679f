// A device as it was: the events of one registration up to a point, folded as the live read models fold them.
#pragma once

#include "cloud/point.hpp"
#include "device/device.hpp"
#include "directory/directory.hpp"
#include "es/event_store.hpp"
#include "net/gate.hpp"
#include "shadow/shadow.hpp"

#include <map>
#include <memory>
#include <set>
#include <utility>

namespace ocf::cloud {

class Cloud;

// How many may be folded at once, of all and for one owner; see Cloud::past.
inline constexpr std::size_t pasts_max = 8;
inline constexpr std::size_t pasts_per_owner_max = 2;

// One of those places. Pasts that are folded one after the other may share it; the last one leaves it. The
// cloud outlives it.
class PlaceOfPast {
 public:
  PlaceOfPast(net::Gate::Holder inside, Cloud& cloud, std::pair<account::Tenant, account::Owner> owner);
  ~PlaceOfPast();
  PlaceOfPast(const PlaceOfPast&) = delete;
  PlaceOfPast& operator=(const PlaceOfPast&) = delete;

 private:
  net::Gate::Holder inside_;
  Cloud& cloud_;
  std::multiset<std::pair<account::Tenant, account::Owner>>::iterator registered_;
};
using PastPlace = std::shared_ptr<const PlaceOfPast>;

// Lives in the coroutine that asks, on the cloud's shard; the store outlives it. It reads the device's own
// streams and nothing else, a page at a time, and lets others have the shard after each. What it costs is in
// the events of the device and of the resources that are folded.
class Past {
 public:
  Past(es::EventStore& store, device::DeviceKey key, Point point, PastPlace place);

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
  const PastPlace& place() const { return place_; }

 private:
  class Stream;

  void apply(const es::RecordedEvent& recorded);

  es::EventStore& store_;
  device::DeviceKey key_;
  Point point_;
  directory::Directory directory_;
  shadow::Shadow shadow_;
  std::map<Href, es::Position> unpublished_;  // by the last event that did so
  PastPlace place_;
};

}  // namespace ocf::cloud
