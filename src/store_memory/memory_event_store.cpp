#include "store_memory/memory_event_store.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace ocf::store_memory {
namespace {

constexpr std::size_t events_per_read_max = 1000;
constexpr std::size_t read_bytes_max = 4 * 1024 * 1024;  // of data, then an answer of the log ends

}  // namespace

MemoryEventStore::MemoryEventStore(es::Partition partitions) : logs_(partitions) {
  OCF_ASSERT(partitions >= 1 && partitions <= 16, "a store has 1 to 16 partitions");
}

es::awaitable<Result<std::vector<es::RecordedEvent>>> MemoryEventStore::read(es::StreamId stream,
                                                                             es::Version after) {
  std::vector<es::RecordedEvent> events;
  if (const auto found = streams_.find(stream); found != streams_.end() && after < found->second.size()) {
    const Stream& offsets = found->second;
    const auto begin = std::find_if(offsets.begin() + static_cast<std::ptrdiff_t>(after), offsets.end(),
                                    [](es::Offset offset) { return offset != 0; });
    for (auto at = begin; at != offsets.end() && events.size() < events_per_read_max; ++at)
      events.push_back(event_at(stream, *at));
  }
  co_return events;
}

es::awaitable<Result<es::EventBatch>> MemoryEventStore::append(es::Append append) {
  co_return store(std::move(append));
}

es::awaitable<Result<es::LogSlice>> MemoryEventStore::read_partition(es::Partition partition, es::Offset from,
                                                                     std::size_t limit) {
  OCF_ASSERT(partition < logs_.size(), "the caller knows partitions()");
  const auto& log = logs_[partition];
  es::Offset next = std::max<es::Offset>(from, 1);
  auto events = std::make_shared<std::vector<es::RecordedEvent>>();
  std::size_t bytes = 0;
  for (; next <= log.size() && events->size() < limit && bytes < read_bytes_max; ++next) {
    const Place& place = log[next - 1];
    if (!place.batch) continue;
    events->push_back(place.event());
    bytes += place.event().event.data.size();
  }
  es::LogSlice slice;
  slice.events = std::move(events);
  slice.next = next;
  co_return slice;
}

es::awaitable<Result<void>> MemoryEventStore::trim(es::Trim trim) {
  if (const auto storable = es::check(trim); !storable) co_return storable.error();
  const auto found = streams_.find(trim.stream);
  if (trim.first == 0 || found == streams_.end() || trim.first > found->second.size())
    co_return es::StoreError::version_conflict;
  Stream& offsets = found->second;
  const es::Offset kept = offsets[trim.first - 1];
  if (kept == 0) co_return Result<void>();
  auto& log = logs_[es::partition_of(trim.stream, partitions())];
  es::RecordedEvent baseline = event_at(trim.stream, kept);
  trim.baseline.time = baseline.event.time;
  baseline.event = std::move(trim.baseline);
  log[kept - 1] = {std::make_shared<const std::vector<es::RecordedEvent>>(1, std::move(baseline)), 0};
  for (es::Version version = 1; version < trim.first; ++version) {
    es::Offset& offset = offsets[version - 1];
    if (offset != 0) log[offset - 1] = {};
    offset = 0;
  }
  co_return Result<void>();
}

Result<es::EventBatch> MemoryEventStore::store(es::Append append) {
  OCF_ASSERT(!append.events.empty(), "an append stores at least one event");
  if (const auto storable = es::check(append); !storable) return storable.error();
  if (auto stored = already_stored(append)) return stored;
  if (fenced(append)) return es::StoreError::fenced;
  const auto found = streams_.find(append.stream);
  if (append.expected != (found == streams_.end() ? 0 : found->second.size()))
    return es::StoreError::version_conflict;

  const auto partition = es::partition_of(append.stream, partitions());
  auto& log = logs_[partition];
  Stream& stream = streams_[append.stream];
  if (append.fence) fences_[append.fence->key] = append.fence->epoch;
  std::vector<es::RecordedEvent> recorded;
  recorded.reserve(append.events.size());
  for (auto& event : append.events) {
    const es::Offset offset = log.size() + recorded.size() + 1;
    stream.push_back(offset);
    recorded.push_back({{partition, offset}, append.stream, stream.size(), std::move(event)});
  }
  const auto batch = std::make_shared<const std::vector<es::RecordedEvent>>(std::move(recorded));
  for (std::size_t index = 0; index < batch->size(); ++index) log.push_back({batch, index});
  return es::EventBatch(batch);
}

bool MemoryEventStore::fenced(const es::Append& append) const {
  if (!append.fence) return false;
  const auto found = fences_.find(append.fence->key);
  return found != fences_.end() && append.fence->epoch < found->second;
}

// What an earlier attempt stored with the same ids at the same versions; null if there is no such thing.
es::EventBatch MemoryEventStore::already_stored(const es::Append& append) const {
  const auto found = streams_.find(append.stream);
  if (found == streams_.end()) return nullptr;
  const Stream& offsets = found->second;
  if (append.expected >= offsets.size() || append.events.size() > offsets.size() - append.expected)
    return nullptr;
  auto events = std::make_shared<std::vector<es::RecordedEvent>>();
  for (std::size_t index = 0; index < append.events.size(); ++index) {
    const es::Offset offset = offsets[append.expected + index];
    if (offset == 0) return nullptr;
    const es::RecordedEvent& event = event_at(append.stream, offset);
    if (event.event.id != append.events[index].id) return nullptr;
    events->push_back(event);
  }
  return events;
}

const es::RecordedEvent& MemoryEventStore::event_at(const es::StreamId& stream, es::Offset offset) const {
  return logs_[es::partition_of(stream, partitions())][offset - 1].event();
}

}  // namespace ocf::store_memory
