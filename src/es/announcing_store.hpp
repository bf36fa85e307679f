// An event store that tells the bus of everything it has stored, so that no writer can forget to.
#pragma once

#include "es/event_bus.hpp"
#include "es/event_store.hpp"

#include <utility>

namespace ocf::es {

// Lives on the shard of its callers; store and bus outlive it. What was stored is on the bus before append()
// resumes.
class AnnouncingStore final : public EventStore {
 public:
  AnnouncingStore(EventStore& store, EventBus& bus) : store_(store), bus_(bus) {}

  Partition partitions() const override { return store_.partitions(); }
  awaitable<Result<std::vector<RecordedEvent>>> read(StreamId stream, Version after) override {
    return store_.read(std::move(stream), after);
  }
  awaitable<Result<EventBatch>> append(Append append) override {
    auto stored = co_await store_.append(std::move(append));
    if (stored) bus_.publish(*stored);
    co_return stored;
  }
  // Not told: what everybody knows is not changed by it.
  awaitable<Result<void>> trim(Trim trim) override { return store_.trim(std::move(trim)); }
  awaitable<Result<LogSlice>> read_partition(Partition partition, Offset from, std::size_t limit) override {
    return store_.read_partition(partition, from, limit);
  }

 private:
  EventStore& store_;
  EventBus& bus_;
};

}  // namespace ocf::es
