#include "cloud/feed.hpp"

#include "cloud/page.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace ocf::cloud {

Feed::Feed(Cloud& cloud, Caller caller, FeedFilter filter, Cursor cursor,
           boost::asio::any_io_executor executor)
    : cloud_(cloud),
      caller_(std::move(caller)),
      filter_(std::move(filter)),
      cursor_(std::move(cursor)),
      wake_(executor),
      registered_(cloud.feeds_.insert(cloud.feeds_.end(), this)) {
  for (es::Partition partition = 0; partition < cursor_.next.size(); ++partition) {
    es::Offset& next = cursor_.next[partition];
    if (next <= cloud.models_.next(partition)) continue;
    next = cloud.models_.next(partition);
    resync_ = cloud.now();
    resynced_ = true;
  }
}

Feed::~Feed() { cloud_.feeds_.erase(registered_); }

void Feed::cancel() {
  canceled_ = true;
  wake_.cancel();
}

awaitable<Result<std::vector<FeedEvent>>> Feed::next(std::chrono::steady_clock::duration wait) {
  wake_.expires_after(wait);  // set before reading: an append after the read cancels it
  auto events = co_await read();
  if (!events || !events->empty() || canceled_) co_return events;
  if (cloud_.models_.is_ahead_of(cursor_)) {
    // There is more, or came while this read: the caller comes again at once, behind those who wait.
    co_await boost::asio::post(wake_.get_executor(), boost::asio::use_awaitable);
    co_return events;
  }
  co_await wake_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  if (canceled_) co_return events;
  co_return co_await read();
}

awaitable<Result<std::vector<FeedEvent>>> Feed::read() {
  const auto access = co_await cloud_.access_of(caller_);
  if (!access) co_return access.error();
  std::vector<FeedEvent> events;
  Page room;
  const auto partitions = static_cast<es::Partition>(cursor_.next.size());
  for (es::Partition looked_at = 0; looked_at < partitions && events.empty(); ++looked_at) {
    const es::Partition partition = turn_;
    turn_ = static_cast<es::Partition>((partition + 1) % partitions);
    // Only what is folded: nobody learns from a feed what answers do not know yet.
    const es::Offset from = cursor_.next[partition], end = cloud_.models_.next(partition);
    if (from >= end) continue;
    const auto slice = co_await cloud_.parts_.store.read_partition(
        partition, from, std::min<es::Offset>(Page::events_max, end - from));
    if (!slice) co_return slice.error();
    es::Offset next = std::min(slice->next, end);
    for (const es::RecordedEvent& recorded : *slice->events) {
      if (recorded.position.offset >= next) break;
      const bool is_told = visible(*access, recorded);
      if (is_told && !room.has_room_for(recorded)) {
        next = recorded.position.offset;
        break;
      }
      cursor_.next[partition] = recorded.position.offset + 1;
      if (!is_told) continue;
      room.add(recorded);
      const bool is_first = es::is_baseline(recorded.event) && !std::exchange(resynced_, true);
      events.push_back({recorded, cursor_.text(), is_first});
    }
    cursor_.next[partition] = next;
  }
  co_return events;
}

// An event belongs to whoever owned the device when it happened: the audit says who.
bool Feed::visible(const account::Access& access, const es::RecordedEvent& recorded) const {
  const auto key = device::key_of(recorded.stream);
  if (!key || key->registration == 0) return false;  // who holds a device is not told by the feed
  if (filter_.device && *filter_.device != key->device) return false;
  if (filter_.href && resource::href_of(recorded.stream) != filter_.href) return false;
  const account::Subject subject{key->tenant, key->device, account::Owner(recorded.event.audit.owner)};
  return access.allows(subject, account::Right::read);
}

}  // namespace ocf::cloud
