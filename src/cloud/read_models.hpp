// The read models of this process and how far each partition's log is folded into them.
#pragma once

#include "cloud/cursor.hpp"
#include "directory/directory.hpp"
#include "es/event_store.hpp"
#include "pending/pending_commands.hpp"
#include "shadow/shadow.hpp"

#include <vector>

namespace ocf::cloud {

// Lives on one shard.
class ReadModels {
 public:
  explicit ReadModels(es::Partition partitions) : next_(partitions, 1) {}

  // Folds what is new in the batch, in order. False: the batch begins behind a gap, which has to be read from
  // the store first; nothing was folded then.
  bool apply(const es::EventBatch& batch);
  // The same for a piece of the log itself: what is missing in it was trimmed.
  void apply_log(es::Partition partition, const es::LogSlice& slice);

  // The offset to read next.
  es::Offset next(es::Partition partition) const { return next_[partition]; }
  Cursor cursor() const { return {next_}; }
  bool is_ahead_of(const Cursor& cursor) const { return cursor.next != next_; }

  directory::Directory directory;
  shadow::Shadow shadow;
  pending::PendingCommands pending;

 private:
  void apply(const es::RecordedEvent& recorded);

  std::vector<es::Offset> next_;
};

}  // namespace ocf::cloud
