// The event store that forgets: for tests and simulations. Keeps every promise of
// the seam but durability.
#pragma once

#include "es/event_store.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace ocf::store_memory {

// Lives on one shard; everything it does is done before the call returns, so nothing ever suspends. Memory
// grows with every event: trimming leaves the places empty.
class MemoryEventStore final : public es::EventStore {
 public:
  explicit MemoryEventStore(es::Partition partitions);

  es::Partition partitions() const override { return static_cast<es::Partition>(logs_.size()); }
  es::awaitable<Result<std::vector<es::RecordedEvent>>> read(es::StreamId stream, es::Version after) override;
  es::awaitable<Result<es::EventBatch>> append(es::Append append) override;
  es::awaitable<Result<void>> trim(es::Trim trim) override;
  es::awaitable<Result<es::LogSlice>> read_partition(es::Partition partition, es::Offset from,
                                                     std::size_t limit) override;

 private:
  // An event is kept in the batch it was appended with, which whoever appended it shares.
  struct Place {
    es::EventBatch batch;  // null: trimmed
    std::size_t index = 0;
    const es::RecordedEvent& event() const { return (*batch)[index]; }
  };
  using Stream = std::vector<es::Offset>;  // the offset of version v is at v - 1; 0: trimmed

  Result<es::EventBatch> store(es::Append append);
  bool fenced(const es::Append& append) const;
  es::EventBatch already_stored(const es::Append& append) const;
  const es::RecordedEvent& event_at(const es::StreamId& stream, es::Offset offset) const;

  std::vector<std::vector<Place>> logs_;  // by partition; the event of offset o is at o - 1
  std::unordered_map<es::StreamId, Stream> streams_;
  std::unordered_map<std::string, std::uint64_t> fences_;
};

}  // namespace ocf::store_memory
