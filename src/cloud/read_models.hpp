// The read models of this process and how far each partition's log is folded into them.
#pragma once

#include "cloud/cursor.hpp"
#include "directory/directory.hpp"
#include "es/event.hpp"
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

  // The offset to read next.
  es::Offset next(es::Partition partition) const { return next_[partition]; }
  Cursor cursor() const { return {next_}; }
  bool is_ahead_of(const Cursor& cursor) const { return cursor.next != next_; }
  // Passes over a hole that trimming left in the log.
  void skip_to(es::Partition partition, es::Offset next) {
    next_[partition] = std::max(next_[partition], next);
  }

  directory::Directory directory;
  shadow::Shadow shadow;
  pending::PendingCommands pending;

 private:
  std::vector<es::Offset> next_;
};

}  // namespace ocf::cloud
