// The one thread that stores: whatever was queued while the last sync ran is the next batch.
#pragma once

#include "es/event_store.hpp"
#include "store_rocksdb/database.hpp"
#include "store_rocksdb/lru_map.hpp"
#include "store_rocksdb/metrics.hpp"
#include "store_rocksdb/waiter.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ocf::store_rocksdb {

//   submit() ──▶ queue ──▶ judge each: stored already? fenced? version? ──▶ one synced write ──▶ index ──▶
//   answers
//
// Nothing lingers: an append to an idle store is a batch of its own. Losers of a race are answered, their
// neighbours stored.
class Committer {
 public:
  using Stored = Result<es::EventBatch>;

  // Throws std::runtime_error if the database cannot be read. `trimmed` is told on the committer's thread how
  // many events a trim removed.
  Committer(Database& database, const Options& options, Metrics& metrics,
            std::function<void(std::size_t)> trimmed);
  ~Committer() { close(); }
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Any thread. Appends are committed and answered in the order of these calls.
  void submit(es::Append append, Waiter<Stored> waiter);
  // Any thread. Trimmed after what is queued was committed.
  void submit(es::Trim trim, Waiter<Result<void>> waiter);
  // Commits what is queued and ends the thread. Any thread but its own; idempotent.
  void close();

 private:
  struct Queued {
    es::Append append;
    Waiter<Stored> waiter;
    std::chrono::steady_clock::time_point since;
  };
  struct QueuedTrim {
    es::Trim trim;
    Waiter<Result<void>> waiter;
  };
  // A stream's version, and those of its events that are in the batch being made.
  struct Head {
    es::Version version = 0;
    std::vector<es::EventBatch> staged;
  };

  void run();
  void commit(std::vector<Queued> queue);
  void trim(std::vector<QueuedTrim> trims);
  bool recover();
  bool load_tails();
  std::vector<Stored> judge(const std::vector<Queued>& queue, Commit& commit);
  void make_durable(const Commit& commit, std::vector<Stored>& answers);
  void forget_staged();
  void count(const Stored& answer, std::chrono::steady_clock::time_point since);
  void tell_tails();

  Stored judge(const es::Append& append, Commit& commit);
  Stored stage(const es::Append& append, Head& head, Commit& commit);
  Result<Head*> head_of(const es::StreamId& stream);
  Result<std::uint64_t*> epoch_of(const std::string& key);
  Result<es::EventBatch> already_stored(const es::Append& append, const Head& head);
  Result<std::optional<es::RecordedEvent>> event_at(const es::StreamId& stream, const Head& head,
                                                    es::Version version);

  Database& database_;
  const std::size_t queued_bytes_max_;
  const std::chrono::milliseconds recovery_interval_;
  Metrics& metrics_;
  const std::function<void(std::size_t)> trimmed_;

  std::mutex mutex_;
  std::condition_variable queued_or_closing_;
  std::vector<Queued> queue_;      // mutex_
  std::vector<QueuedTrim> trims_;  // mutex_
  std::size_t queued_bytes_ = 0;   // mutex_
  bool closing_ = false;           // mutex_

  // Of the thread alone.
  LruMap<Head> heads_;
  LruMap<std::uint64_t> epochs_;
  std::vector<Head*> touched_;     // heads with something staged
  std::vector<es::Offset> tails_;  // by partition
  bool writable_ = true;
  std::chrono::steady_clock::time_point next_recovery_;

  std::mutex joining_;
  std::thread thread_;
};

}  // namespace ocf::store_rocksdb
