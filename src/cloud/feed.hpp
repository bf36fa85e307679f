// Events for an outside consumer: from any place of the log, filtered, only what its caller may see. It reads
// the store from its own cursor and is only woken by the bus, so it has no queue that could overflow and
// nothing it could lose.
#pragma once

#include "cloud/cloud.hpp"
#include "net/clock.hpp"

#include <chrono>
#include <list>
#include <optional>
#include <vector>

namespace ocf::cloud {

// Lives on the cloud's shard; the cloud outlives it.
class Feed {
 public:
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // The next events, at most a page of them (cloud/page.hpp). Empty after `wait` without any, after
  // cancel(), and if there may be more at once; it has suspended then. The first baseline that it passes has
  // `resync`: who keeps up with the log never sees one. The caller's access is asked anew before each read.
  // Errors: AuthorizationError::{refused, unavailable}; of EventStore::read_partition.
  awaitable<Result<std::vector<FeedEvent>>> next(std::chrono::steady_clock::duration wait);

  // When it began, if its cursor lay behind the end of the log: of a time that a backup does not know, or
  // made up. It goes on from the end, and what its reader keeps has to be read again.
  std::optional<Time> resync() const { return resync_; }

  // Where to resume behind everything that next() has returned or passed over.
  std::string cursor() const { return cursor_.text(); }

  // Ends a next() that waits, and every later one.
  void cancel();
  // Something was stored.
  void wake() { wake_.cancel(); }

 private:
  friend class Cloud;
  Feed(Cloud& cloud, Caller caller, FeedFilter filter, Cursor cursor, boost::asio::any_io_executor executor);

  awaitable<Result<std::vector<FeedEvent>>> read();
  bool visible(const account::Access& access, const es::RecordedEvent& recorded) const;

  Cloud& cloud_;
  Caller caller_;
  FeedFilter filter_;
  Cursor cursor_;           // nowhere behind what is folded
  es::Partition turn_ = 0;  // the partition to read first
  net::SteadyTimer wake_;
  bool canceled_ = false;
  std::optional<Time> resync_;
  bool resynced_ = false;
  std::list<Feed*>::iterator registered_;
};

}  // namespace ocf::cloud
