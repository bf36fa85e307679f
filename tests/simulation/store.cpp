#include "tests/simulation/store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace ocf::simulation {

using es::StoreError;

// An append that waits for its answer; in its caller's frame.
struct Store::Waiting {
  Waiting(boost::asio::any_io_executor executor, es::Append what)
      : append(std::move(what)), answered(std::move(executor), SteadyTime::max()) {}

  es::Append append;
  net::SteadyTimer answered;
  std::optional<Result<es::EventBatch>> answer;
};

bool is_terminal(std::string_view event_type) {
  constexpr std::array<std::string_view, 7> names{
      "ResourceCreated", "ResourceRetrieved", "ResourceUpdated",      "ResourceDeleted",
      "CommandCanceled", "CommandExpired",    "CommandOutcomeUnknown"};
  return std::find(names.begin(), names.end(), event_type) != names.end();
}

// What a store with this defect finds instead of these.
void read_badly(Defect defect, std::vector<es::RecordedEvent>& events) {
  const auto is_value = [](const es::RecordedEvent& event) {
    return event.event.type == "ResourceRepresentationUpdated";
  };
  if (defect == Defect::reads_twice) events.push_back(events.back());
  if (defect == Defect::overlooks_values) std::erase_if(events, is_value);
}

es::awaitable<Result<void>> Store::open() {
  for (Stored& stored : parts_.disk.recover()) {
    const es::RecordedEvent first = stored.events.front();
    if (stored.is_trim) {
      es::Trim trim(first.stream, first.version, first.event);
      const auto trimmed = co_await trim_log(std::move(trim));
      if (!trimmed) co_return trimmed.error();
      continue;
    }
    std::vector<es::NewEvent> events;
    for (es::RecordedEvent& recorded : stored.events) events.push_back(std::move(recorded.event));
    es::Append append(first.stream, first.version - 1, std::move(events), std::move(stored.fence));
    const auto again = co_await log_.append(std::move(append));
    const bool in_place = again && (*again)->front().position == first.position;
    if (!in_place) co_return StoreError::corrupt;
    written_[first.position.partition] = (*again)->back().position.offset;
  }
  co_return Result<void>();
}

void Store::die() {
  dead_ = true;
  for (Waiting* waiting : std::exchange(queue_, {})) {
    waiting->answer = StoreError::closed;
    waiting->answered.cancel();
  }
  for (Waiting* waiting : std::exchange(group_, {})) {
    waiting->answer = StoreError::closed;
    waiting->answered.cancel();
  }
}

es::awaitable<Error> Store::hindrance() {
  if (dead_) co_return StoreError::closed;
  co_await parts_.world.sleep(parts_.world.draw().between(Pause(10), parts_.troubles.delay_max / 4));
  if (dead_) co_return StoreError::closed;
  if (parts_.troubles.away) co_return StoreError::unavailable;
  co_return Error();
}

es::awaitable<Result<std::vector<es::RecordedEvent>>> Store::read(es::StreamId stream, es::Version after) {
  const Error hindered = co_await hindrance();
  if (hindered) co_return hindered;
  co_return co_await log_.read(std::move(stream), after);
}

es::awaitable<Result<es::LogSlice>> Store::read_partition(es::Partition partition, es::Offset from,
                                                          std::size_t limit) {
  const Error hindered = co_await hindrance();
  if (hindered) co_return hindered;
  auto slice = co_await log_.read_partition(partition, from, limit);
  if (parts_.defect != Defect::none && slice && !slice->events->empty()) {
    auto events = *slice->events;
    read_badly(parts_.defect, events);
    slice->events = std::make_shared<const std::vector<es::RecordedEvent>>(std::move(events));
  }
  co_return slice;
}

// Written at once, and synced with the next group: a crash in between leaves the stream as it was.
es::awaitable<Result<void>> Store::trim(es::Trim trim) {
  const Error hindered = co_await hindrance();
  if (hindered) co_return hindered;
  if (parts_.troubles.full) co_return StoreError::unavailable;
  Stored stored;
  stored.is_trim = true;
  const es::Position nowhere;
  stored.events.push_back({nowhere, trim.stream, trim.first, trim.baseline});
  const auto trimmed = co_await trim_log(std::move(trim));
  if (trimmed) parts_.disk.write(stored);
  co_return trimmed;
}

es::awaitable<Result<void>> Store::trim_log(es::Trim trim) {
  for (es::Version after = 0; after < trim.first;) {
    const auto page = co_await log_.read(trim.stream, after);
    if (!page || page->empty()) break;
    after = page->back().version;
    for (const es::RecordedEvent& event : *page) {
      // What an earlier baseline replaced is kept already.
      if (event.version <= trim.first) trimmed_.emplace(event.position, event);
    }
  }
  co_return co_await log_.trim(std::move(trim));
}

es::awaitable<Result<es::EventBatch>> Store::append(es::Append append) {
  if (dead_) co_return StoreError::closed;
  Waiting waiting(co_await boost::asio::this_coro::executor, std::move(append));
  queue_.push_back(&waiting);
  if (!std::exchange(committing_, true)) parts_.world.shard().spawn(commit());
  co_await waiting.answered.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return std::move(*waiting.answer);
}

es::awaitable<void> Store::commit() {
  World& world = parts_.world;
  while (!queue_.empty()) {
    co_await world.sleep(world.draw().between(Pause(50), parts_.troubles.delay_max));
    if (dead_) break;
    // In this process's life: where it ends, if it ends with this group.
    enum Moment : std::uint64_t { before, unsynced, unanswered, never };
    const auto end = world.draw().chance(parts_.troubles.crashes) ? world.draw().below(never) : never;
    group_ = std::exchange(queue_, {});
    if (end == before) {
      parts_.crash("before it wrote");
      break;
    }
    for (Waiting* waiting : group_) {
      es::Append append = waiting->append;
      auto answer = co_await store(std::move(append));
      waiting->answer = std::move(answer);
    }
    if (parts_.defect == Defect::announces_early) {
      announce_early();
      co_await world.sleep(Pause(50'000));
      if (dead_) break;
    }
    if (end == unsynced) {
      parts_.crash("before it synced");
      break;
    }
    if (parts_.defect == Defect::acknowledges_unsynced) {
      world.after(Pause(2'000'000), [this, alive = std::weak_ptr<int>(alive_)] {
        if (!alive.expired() && !dead_) parts_.disk.sync();
      });
    } else {
      parts_.disk.sync();
    }
    if (end == unanswered) {
      parts_.crash("after it wrote, before it answered");
      break;
    }
    answer_all();
  }
  committing_ = false;
}

void Store::announce_early() {
  for (const Waiting* waiting : group_) {
    if (*waiting->answer) parts_.announce_too_early(**waiting->answer);
  }
}

void Store::answer_all() {
  for (Waiting* waiting : std::exchange(group_, {})) {
    if (*waiting->answer) {
      for (const es::RecordedEvent& event : ***waiting->answer)
        parts_.acknowledged.insert_or_assign(event.event.id, event);
    }
    waiting->answered.cancel();
  }
}

// Ends the commands once more that have just ended.
es::awaitable<void> Store::end_again(Stored& stored) {
  const es::RecordedEvent last = stored.events.back();
  if (!is_terminal(last.event.type)) co_return;
  std::vector<es::NewEvent> events(1, last.event);
  events.front().id = es::EventId(last.event.id.text() + "-again");
  es::Append append(last.stream, last.version, std::move(events));
  const auto again = co_await log_.append(std::move(append));
  if (!again) co_return;
  stored.events.push_back((*again)->front());
  ++written_[last.position.partition];
}

es::awaitable<Result<es::EventBatch>> Store::store(es::Append append) {
  Draw& draw = parts_.world.draw();
  if (parts_.troubles.full || parts_.troubles.away) co_return StoreError::unavailable;
  if (draw.chance(parts_.troubles.conflicts)) co_return StoreError::version_conflict;
  const bool silent = draw.chance(parts_.troubles.unknown);
  if (silent && draw.chance(500)) co_return StoreError::outcome_unknown;

  if (parts_.defect == Defect::forgets_fences) append.fence.reset();
  if (parts_.defect == Defect::mistakes_owners && draw.chance(20))
    append.events.front().audit.owner = "mallory";
  if (parts_.defect == Defect::cuts_events_off && draw.chance(20) && !append.events.front().data.empty())
    append.events.front().data.pop_back();
  Stored stored;
  stored.fence = append.fence;
  es::StreamId stream = append.stream;
  std::vector<es::NewEvent> events = append.events;
  auto batch = co_await log_.append(std::move(append));
  if (!batch) co_return batch;
  const es::Position last = (*batch)->back().position;
  if (last.offset <= written_[last.partition] && parts_.defect == Defect::stores_retries_again) {
    const auto known = co_await log_.read(stream, 0);
    es::Append again(std::move(stream), known->size(), std::move(events));
    batch = co_await log_.append(std::move(again));
  }
  const es::Position end = (*batch)->back().position;
  if (end.offset > written_[end.partition]) {
    written_[end.partition] = end.offset;
    stored.events = **batch;
    if (parts_.defect == Defect::answers_twice) co_await end_again(stored);
    const bool is_lost = parts_.defect == Defect::loses_a_write && draw.chance(20);
    if (!is_lost) parts_.disk.write(stored);
  }
  if (silent) co_return StoreError::outcome_unknown;
  co_return batch;
}

}  // namespace ocf::simulation
