#include "cloud/audit.hpp"

#include "account/administration.hpp"
#include "base/decimal.hpp"
#include "cloud/cloud.hpp"
#include "cloud/page.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>

namespace ocf::cloud {
namespace {

constexpr std::size_t block_events = 200;
// How often one request reads the log; whoever wants to see more comes again with the cursor. So often that
// each partition says its newest event even if its events are as long as they can be.
constexpr std::size_t reads_max = 100;
// Of the data of events that one partition found and did not give away yet; of one event at least.
constexpr std::size_t found_bytes_max = Page::bytes_max / 16;

// What a device says of its own state is no act upon it, nor is what is kept of it.
bool is_act(std::string_view type) {
  return type != "ResourceRepresentationUpdated" && type != "NotificationRejected" && type != "BaselineTaken";
}

template <class Aggregate>
bool knows(std::string_view type) {
  es::RecordedEvent recorded{{}, account::Administration::stream(account::Tenant("any")), 1, {}};
  recorded.event.type = type;
  const auto event = Aggregate::decode(recorded);
  return !event || event->has_value();  // without data it may be malformed, but is known
}

// Only events of resources are trimmed.
bool is_trimmed(std::string_view type) { return type.empty() || knows<resource::Resource>(type); }

// A place from which a page goes on, and from when on the log was whole so far.
struct PageCursor {
  Cursor cursor;
  std::optional<Time> from;

  std::string text() const {
    return cursor.text() + (from ? '.' + std::to_string(from->time_since_epoch().count()) : "");
  }
  // Errors: malformed_cursor.
  static Result<PageCursor> parse(std::string_view text, es::Partition partitions) {
    const std::size_t dot = text.find('.');
    auto cursor = Cursor::parse(text.substr(0, dot), partitions);
    if (!cursor) return cursor.error();
    PageCursor parsed{std::move(*cursor), std::nullopt};
    if (dot == text.npos) return parsed;
    text.remove_prefix(dot + 1);
    const auto since = parse_decimal<Time::rep>(text);
    if (!since) return CloudError::malformed_cursor;
    parsed.from = Time(Time::duration(*since));
    return parsed;
  }
};

// Of one partition: the wanted events that were read and not given away, oldest first; below which offset
// nothing was read; and from when the oldest event is that was.
struct Backwards {
  es::Partition partition = 0;
  es::Offset end = 1;
  es::Offset block = block_events;  // so many offsets are read at once
  Time frontier = Time::max();
  std::optional<Time> trimmed;  // up to then some may be missing, of those that could be wanted
  std::deque<es::RecordedEvent> found;

  bool is_read() const { return end <= 1; }
  // Where to go on: above that everything was given away.
  es::Offset resume() const { return found.empty() ? end : found.back().position.offset + 1; }
};

bool is_newer(const es::RecordedEvent& a, const es::RecordedEvent& b) {
  return a.event.time != b.event.time ? a.event.time > b.event.time : a.position > b.position;
}

bool is_by(const std::string& principal, const std::string& by) {
  return principal == by || principal == "user:" + by;
}

// An event belongs to whoever owned the device when it happened: the audit says who.
bool may_be_told(const account::Access& access, const AuditFilter& filter,
                 const es::RecordedEvent& recorded) {
  const auto key = device::key_of(recorded.stream);
  // What the authorization context keeps of a device is its own.
  if (!key || (key->registration == 0 && recorded.stream.name() != account::stream_name)) return false;
  if (filter.device && *filter.device != key->device) return false;
  if (filter.since && filter.since->includes(recorded)) return false;
  const account::Subject subject{key->tenant, key->device, account::Owner(recorded.event.audit.owner)};
  return access.allows(subject, account::Right::read);
}

bool is_by_and_until(const AuditFilter& filter, const es::RecordedEvent& recorded) {
  if (!filter.by.empty() && !is_by(recorded.event.audit.principal, filter.by)) return false;
  return !filter.until || filter.until->includes(recorded);
}

bool is_wanted(const AuditFilter& filter, const es::RecordedEvent& recorded) {
  if (filter.type.empty() ? !is_act(recorded.event.type) : filter.type != recorded.event.type) return false;
  return is_by_and_until(filter, recorded);
}

awaitable<Result<void>> read_block(es::EventStore& store, const account::Access& access,
                                   const AuditFilter& filter, Backwards& log) {
  es::Offset from = log.end > log.block ? log.end - log.block : 1;
  const auto slice = co_await store.read_partition(log.partition, from, log.end - from);
  if (!slice) co_return slice.error();
  // A store ends its answer after so many bytes. What counts is the newest, so less is asked for then.
  if (slice->next < log.end && log.end - from > 1) {
    log.block = (log.end - from) / 2;
    co_return Result<void>();
  }
  bool is_empty = true, is_over = true;
  std::size_t bytes = 0;
  for (auto recorded = slice->events->rbegin(); recorded != slice->events->rend(); ++recorded) {
    if (recorded->position.offset >= log.end) continue;
    const bool told = may_be_told(access, filter, *recorded);
    const bool wanted = told && is_wanted(filter, *recorded);
    if (wanted) bytes += recorded->event.data.size();
    if (wanted && !log.found.empty() && bytes > found_bytes_max) {
      from = recorded->position.offset + 1;
      break;
    }
    is_empty = false;
    is_over = is_over && filter.since && filter.since->includes(*recorded);
    log.frontier = recorded->event.time;
    if (wanted) log.found.push_front(*recorded);
    // What it replaced, and what was before that in its stream.
    if (told && es::is_baseline(recorded->event))
      log.trimmed = std::max(log.trimmed, std::optional(recorded->event.time));
  }
  log.end = from;
  if (is_empty && from > 1) {  // trimmed; perhaps everything that is older, too
    const auto oldest = co_await store.read_partition(log.partition, 1, 1);
    if (!oldest) co_return oldest.error();
    if (oldest->events->empty() || oldest->events->front().position.offset >= from) log.end = 1;
  } else if (is_over) {
    log.end = 1;
  }
  co_return Result<void>();
}

// The newest event that was found; nullptr: none was.
Backwards* newest_of(std::vector<Backwards>& logs) {
  Backwards* newest = nullptr;
  for (Backwards& log : logs) {
    if (log.found.empty()) continue;
    if (newest == nullptr || is_newer(log.found.back(), newest->found.back())) newest = &log;
  }
  return newest;
}

// The partition that has to be read before that one is known to be the newest: of those, which may hold the
// newest of all.
Backwards* to_read(std::vector<Backwards>& logs, const Backwards* newest) {
  Backwards* first = nullptr;
  for (Backwards& log : logs) {
    if (log.is_read() || !log.found.empty()) continue;
    if (newest != nullptr && log.frontier <= newest->found.back().event.time) continue;
    if (first == nullptr || log.frontier > first->frontier) first = &log;
  }
  return first;
}

}  // namespace

bool is_event_type(std::string_view type) {
  return knows<account::Holder>(type) || knows<device::Device>(type) || knows<links::Links>(type) ||
         knows<resource::Resource>(type);
}

bool is_act_type(std::string_view type) { return knows<account::Administration>(type); }

awaitable<Result<AuditPage>> Cloud::audit(Caller caller, AuditFilter filter, std::string cursor) {
  const auto access = co_await access_of(std::move(caller));
  if (!access) co_return access.error();
  PageCursor from{models_.cursor(), std::nullopt};
  if (!cursor.empty()) {
    auto parsed = PageCursor::parse(cursor, parts_.store.partitions());
    if (!parsed) co_return parsed.error();
    from = std::move(*parsed);
  }
  std::optional<es::Partition> only;
  if (filter.device) {
    const es::StreamId holder = account::Holder::stream(access->principal.tenant, *filter.device);
    only = es::partition_of(holder, parts_.store.partitions());
  }
  std::vector<Backwards> logs;
  for (es::Partition partition = 0; partition < parts_.store.partitions(); ++partition) {
    Backwards& log = logs.emplace_back();
    log.partition = partition;
    // A cursor that was made up does not lead behind the end.
    if (!only || *only == partition) log.end = std::min(from.cursor.next[partition], models_.next(partition));
  }

  AuditPage page;
  Page room;
  for (std::size_t reads = 0; page.events.size() < filter.limit;) {
    Backwards* newest = newest_of(logs);
    if (Backwards* log = to_read(logs, newest)) {
      if (reads++ == reads_max) break;
      const auto read = co_await read_block(parts_.store, *access, filter, *log);
      if (!read) co_return read.error();
      continue;
    }
    if (newest == nullptr || !room.has_room_for(newest->found.back())) break;
    room.add(newest->found.back());
    page.events.push_back(std::move(newest->found.back()));
    newest->found.pop_back();
  }
  page.from = from.from;
  for (const Backwards& log : logs) {
    if (log.trimmed && is_trimmed(filter.type)) page.from = std::max(page.from, log.trimmed);
  }
  const bool is_over = std::all_of(logs.begin(), logs.end(),
                                   [](const Backwards& log) { return log.is_read() && log.found.empty(); });
  if (!is_over) {
    PageCursor more{Cursor(), page.from};
    for (const Backwards& log : logs) more.cursor.next.push_back(log.resume());
    page.more = more.text();
  }
  co_return page;
}

// -- Administration

awaitable<Result<void>> Cloud::record(account::Tenant tenant, std::string by,
                                      account::AdministrativeAct act) {
  es::Audit audit;
  audit.principal = std::move(by);
  es::Envelope envelope(parts_.now(), std::move(audit));
  const auto recorded = co_await administration_.handle(account::Administration::stream(tenant),
                                                        std::move(act), std::move(envelope));
  if (!recorded) co_return recorded.error();
  co_return Result<void>();
}

// Backwards, a block at a time.
awaitable<Result<std::vector<es::RecordedEvent>>> Cloud::administration(account::Tenant tenant,
                                                                        AuditFilter filter) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const es::StreamId stream = account::Administration::stream(tenant);
  const auto state = co_await administration_.load(stream);
  if (!state) co_return state.error();
  std::vector<es::RecordedEvent> events;
  for (es::Version end = state->acts; end > 0 && events.size() < filter.limit;) {
    const es::Version begin = end - std::min<es::Version>(end, Page::events_max);
    std::vector<es::RecordedEvent> block;
    for (es::Version after = begin; after < end;) {
      // A store that has the events at hand answers without suspending.
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
      auto read = co_await parts_.store.read(stream, after);
      if (!read) co_return read.error();
      if (read->empty()) break;
      after = read->back().version;
      std::move(read->begin(), read->end(), std::back_inserter(block));
    }
    for (auto act = block.rbegin(); act != block.rend() && events.size() < filter.limit; ++act) {
      const bool is_of_type = filter.type.empty() || filter.type == act->event.type;
      const bool is_since = !filter.since || !filter.since->includes(*act);
      if (act->version <= end && is_of_type && is_since && is_by_and_until(filter, *act))
        events.push_back(std::move(*act));
    }
    end = begin;
  }
  co_return events;
}

}  // namespace ocf::cloud
