// Directory, history, observations and feeds: what callers read. Only what their access allows (R14).
#include "cloud/cloud.hpp"
#include "cloud/feed.hpp"
#include "cloud/page.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <iterator>

namespace ocf::cloud {
namespace {

// What an event of a stream is counted by; see History::more.
using PlaceOf = std::uint64_t (*)(const es::RecordedEvent&);

// The events of a stream with a place before `before`, oldest first; of those that do not fit into a page
// only the newest. None of them has a version of `after` or less.
awaitable<Result<std::deque<es::RecordedEvent>>> newest(es::EventStore& store, es::StreamId stream,
                                                        es::Version after, PlaceOf place,
                                                        std::uint64_t before) {
  const auto executor = co_await boost::asio::this_coro::executor;
  std::deque<es::RecordedEvent> events;
  Page room;
  for (bool is_over = false; !is_over;) {
    // A store that has the events at hand answers without suspending.
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    auto read = co_await store.read(stream, after);
    if (!read) co_return read.error();
    if (read->empty()) break;
    after = read->back().version;
    is_over = place(read->back()) >= before;
    for (es::RecordedEvent& recorded : *read) {
      if (place(recorded) >= before) break;
      for (; !room.has_room_for(recorded); events.pop_front()) room.remove(events.front());
      room.add(recorded);
      events.push_back(std::move(recorded));
    }
  }
  co_return events;
}

// What was trimmed is not there: a baseline is the first of its stream.
bool has_older(const std::deque<es::RecordedEvent>& events) {
  return !events.empty() && events.front().version > 1 && !es::is_baseline(events.front().event);
}

History history_of(std::deque<es::RecordedEvent> events, std::uint64_t more) {
  History page;
  page.events.assign(std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
  page.more = more;
  return page;
}

std::uint64_t version_of(const es::RecordedEvent& recorded) { return recorded.version; }
std::uint64_t offset_of(const es::RecordedEvent& recorded) { return recorded.position.offset; }

// Of one stream, whose versions are the places. It is known to have `version`, so what is too old for a page
// is not read.
awaitable<Result<History>> history_of_stream(es::EventStore& store, es::StreamId stream, es::Version version,
                                             std::uint64_t before) {
  const es::Version last = std::min<es::Version>(version, before - 1);
  const es::Version after = last - std::min<es::Version>(last, Page::events_max);
  auto events = co_await newest(store, std::move(stream), after, version_of, before);
  if (!events) co_return events.error();
  const std::uint64_t more = has_older(*events) ? events->front().version : 0;
  co_return history_of(std::move(*events), more);
}

// All streams of a device are in one partition, whose offsets are the places.
awaitable<Result<History>> history_of_device(es::EventStore& store, device::DeviceKey key,
                                             std::uint64_t before) {
  auto events = co_await newest(store, key.stream(device::stream_name), 0, offset_of, before);
  if (!events) co_return events.error();
  auto links = co_await newest(store, key.stream(links::stream_name), 0, offset_of, before);
  if (!links) co_return links.error();
  bool is_cut = has_older(*events) || has_older(*links);
  std::move(links->begin(), links->end(), std::back_inserter(*events));
  std::sort(events->begin(), events->end(),
            [](const auto& a, const auto& b) { return a.position < b.position; });
  Page room;
  std::size_t kept = 0;
  for (; kept < events->size() && room.has_room_for((*events)[events->size() - 1 - kept]); ++kept)
    room.add((*events)[events->size() - 1 - kept]);
  is_cut = is_cut || kept < events->size();
  events->erase(events->begin(), events->end() - static_cast<std::ptrdiff_t>(kept));
  const std::uint64_t more = is_cut ? events->front().position.offset : 0;
  co_return history_of(std::move(*events), more);
}

// Whether the event may change which links are found.
bool changes_links(const es::RecordedEvent& recorded) {
  const std::string_view name = recorded.stream.name();
  if (name == account::stream_name || name == links::stream_name) return true;
  return name == device::stream_name &&
         (recorded.event.type == "DeviceRegistered" || recorded.event.type == "DeviceDeregistered");
}

}  // namespace

std::vector<ResourceView> resource_views(const directory::DeviceView& device,
                                         const std::map<Href, shadow::Representation>& known) {
  std::vector<ResourceView> views;
  for (const auto& [href, link] : device.links) {
    ResourceView view{link, std::nullopt, std::nullopt};
    if (const auto found = known.find(href); found != known.end()) {
      view.representation = found->second;
      if (href != directory::status_href()) view.stale_since = stale_since(device, link, found->second);
    }
    views.push_back(std::move(view));
  }
  return views;
}

awaitable<Result<std::vector<directory::FoundLink>>> Cloud::find(Caller caller, directory::Filter filter) {
  const auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  co_return models_.directory.find(*access, filter);
}

awaitable<Result<std::vector<FoundRepresentation>>> Cloud::find_representations(Caller caller,
                                                                                directory::Filter filter) {
  auto links = co_await find(std::move(caller), std::move(filter));
  if (!links) co_return links.error();
  std::vector<FoundRepresentation> found;
  for (directory::FoundLink& link : *links) {
    const shadow::Representation* known = models_.shadow.get(link.device, link.link.href);
    if (known != nullptr) found.push_back({std::move(link), *known});
  }
  co_return found;
}

awaitable<Result<std::vector<directory::DeviceView>>> Cloud::devices(Caller caller) {
  const auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  co_return models_.directory.devices(*access);
}

awaitable<Result<directory::DeviceView>> Cloud::device(Caller caller, DeviceId id) {
  const auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  auto view = models_.directory.device(*access, id);
  if (!view) co_return CloudError::not_found;
  co_return std::move(*view);
}

awaitable<Result<std::vector<ResourceView>>> Cloud::resources(Caller caller, DeviceId id) {
  const auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  const auto device = models_.directory.device(*access, id);
  if (!device) co_return CloudError::not_found;
  co_return resource_views(*device, models_.shadow.of_device(device->key));
}

awaitable<Result<History>> Cloud::history(Caller caller, DeviceId id, std::optional<Href> href,
                                          std::uint64_t before) {
  const auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  const directory::DeviceEntry* device = visible(*access, id);
  if (device == nullptr) co_return CloudError::not_found;
  const device::DeviceKey key = device->key;
  if (!href) co_return co_await history_of_device(parts_.store, key, before);
  const bool published = device->links.contains(*href);
  if (*href == directory::status_href())
    co_return co_await history_of_stream(parts_.store, key.stream(device::stream_name), 0, before);
  const shadow::Representation* known = models_.shadow.get(key, *href);
  const es::Version version = known == nullptr ? 0 : known->version;
  auto page = co_await history_of_stream(parts_.store, resource::stream_of(key, *href), version, before);
  if (page && page->events.empty() && !published) co_return CloudError::not_found;
  co_return page;
}

// Before that it was another owner's, or nobody's.
awaitable<Result<std::vector<device::Refusal>>> Cloud::refusals(Caller caller, DeviceId id) {
  const auto view = co_await device(std::move(caller), id);
  if (!view) co_return view.error();
  std::vector<device::Refusal> found = refusals_.of_device(id);
  std::erase_if(found, [&view](const device::Refusal& refusal) { return refusal.time < view->registered; });
  co_return found;
}

awaitable<Result<std::unique_ptr<ProtocolLog>>> Cloud::protocol_log(Caller caller, DeviceId id) {
  const auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  const auto executor = co_await boost::asio::this_coro::executor;
  const directory::DeviceEntry* device = visible(*access, id);
  if (device == nullptr) co_return CloudError::not_found;
  auto log = protocol_logs_.begin(id, access->principal, executor);
  const Connected* channel = connected(device->key);
  if (log && channel != nullptr) channel->channel->begin_protocol_log();
  co_return log;
}

awaitable<Result<Trace>> Cloud::trace(Caller caller, es::CorrelationId correlation) {
  const auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  const Trace* trace = traces_.find(correlation);
  if (trace == nullptr) co_return CloudError::not_found;
  // Of an earlier registration it may be another owner's.
  const directory::DeviceEntry* device = visible(*access, trace->device.device);
  if (device == nullptr || device->key != trace->device) co_return CloudError::not_found;
  co_return *trace;
}

// -- Observations

Watch::Watch(Cloud& cloud, WatchKey key, std::function<void(const shadow::Representation*)> changed)
    : cloud_(cloud),
      changed_(std::move(changed)),
      registered_(cloud.watches_.emplace(std::move(key), this)) {}

Watch::~Watch() { cloud_.watches_.erase(registered_); }

awaitable<Result<std::unique_ptr<Watch>>> Cloud::watch(Caller caller, DeviceId id, Href href,
                                                       Watcher watcher) {
  const auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  const directory::DeviceEntry* device = visible(*access, id);
  if (device == nullptr || (!device->links.contains(href) && href != directory::status_href()))
    co_return CloudError::not_found;
  WatchKey key{device->key, std::move(href)};
  co_return std::unique_ptr<Watch>(new Watch(*this, std::move(key), std::move(watcher)));
}

void Cloud::tell_watchers(const es::RecordedEvent& recorded) {
  const auto device = device::key_of(recorded.stream);
  if (!device || watches_.empty()) return;
  const auto tell = [this, &recorded](WatchKey key) {
    const auto [first, last] = watches_.equal_range(key);
    if (first == last) return;
    std::vector<Watch*> told;
    for (auto at = first; at != last; ++at) told.push_back(at->second);
    const shadow::Representation* now = models_.shadow.get(key.device, key.href);
    if (now != nullptr && now->position != recorded.position) return;  // the event did not change it
    for (Watch* watch : told) watch->changed_(now);
  };
  if (const auto href = resource::href_of(recorded.stream)) {
    if (recorded.event.type == "ResourceRepresentationUpdated") tell({*device, *href});
    return;
  }
  if (recorded.stream.name() == device::stream_name) tell({*device, directory::status_href()});
  // What was unpublished, or went with its device, is gone for those who observe it.
  const directory::DeviceEntry* entry = models_.directory.known(device->tenant, device->device);
  const bool registered = entry != nullptr && entry->key == *device;
  std::vector<WatchKey> gone;
  for (auto at = watches_.lower_bound({*device, Href()}); at != watches_.end() && at->first.device == *device;
       ++at) {
    const Href& href = at->first.href;
    const bool there = registered && (href == directory::status_href() || entry->links.contains(href));
    if (!there && (gone.empty() || gone.back().href != href)) gone.push_back(at->first);
  }
  for (WatchKey& key : gone) tell(std::move(key));
}

DirectoryWatch::DirectoryWatch(Cloud& cloud, account::Access access, std::function<void()> changed)
    : cloud_(cloud),
      access_(std::move(access)),
      changed_(std::move(changed)),
      registered_(cloud.directory_watches_.insert(cloud.directory_watches_.end(), this)) {}

DirectoryWatch::~DirectoryWatch() { cloud_.directory_watches_.erase(registered_); }

awaitable<Result<std::unique_ptr<DirectoryWatch>>> Cloud::watch_directory(Caller caller,
                                                                          std::function<void()> changed) {
  auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  co_return std::unique_ptr<DirectoryWatch>(
      new DirectoryWatch(*this, std::move(*access), std::move(changed)));
}

// Whose the device was says the event itself: the directory does not know devices that are gone.
void Cloud::tell_directory_watchers(const es::EventBatch& batch) {
  if (directory_watches_.empty()) return;
  std::vector<account::Subject> changed;
  for (const es::RecordedEvent& recorded : *batch) {
    const auto device = device::key_of(recorded.stream);
    if (device && changes_links(recorded))
      changed.push_back({device->tenant, device->device, account::Owner(recorded.event.audit.owner)});
  }
  if (changed.empty()) return;
  for (const DirectoryWatch* watch : directory_watches_) {
    const bool may_read = std::any_of(changed.begin(), changed.end(), [&](const account::Subject& subject) {
      return watch->access_.allows(subject, account::Right::read);
    });
    if (may_read) watch->changed_();
  }
}

// -- Feeds

awaitable<Result<std::unique_ptr<Feed>>> Cloud::feed(Caller caller, FeedFilter filter, std::string cursor) {
  Cursor from = models_.cursor();
  if (!cursor.empty()) {
    auto parsed = Cursor::parse(cursor, parts_.store.partitions());
    if (!parsed) co_return parsed.error();
    from = std::move(*parsed);
  }
  const auto executor = co_await boost::asio::this_coro::executor;
  co_return std::unique_ptr<Feed>(
      new Feed(*this, std::move(caller), std::move(filter), std::move(from), executor));
}

}  // namespace ocf::cloud
