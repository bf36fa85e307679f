// The embedded event store: one directory, no server (RocksDB). docs/operations/embedded_store.md says what
// is in it.
#pragma once

#include "es/event_store.hpp"
#include "store_rocksdb/metrics.hpp"
#include "telemetry/log.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace rocksdb {
class Env;
}

namespace ocf::store_rocksdb {

struct Options {
  std::filesystem::path path;     // created if it does not exist
  es::Partition partitions = 16;  // of a store that is created, 1 to 16; one that exists keeps what it has
  std::size_t queued_bytes_max = 64 * 1024 * 1024;    // appends that wait for the disk; more: unavailable
  std::size_t compaction_events_min = 100'000;        // trimmed ones, before their room is given back
  std::chrono::milliseconds recovery_interval{1000};  // a store that failed is tried again so often, at most
  bool read_only = false;  // opens what is there and writes nothing: appends are unavailable, the index is
                           // as it was left
  telemetry::Log log = nullptr;  // what RocksDB and the store say, on any thread; nullptr: standard error
  rocksdb::Env* env = nullptr;   // the file system; nullptr: the real one. For tests; outlives the store
};

// Thread-safe: called on any shard, an awaited function resumes on the caller's executor. Four threads of
// its own: the committer, which checks and stores appends in the order of arrival and syncs once for all that
// arrived while the last sync ran; a reader; one that gives back the room of what was trimmed, which may take
// minutes; and one that makes checkpoints meanwhile. A stream that is in memory (in RocksDB's memtables
// or block cache) is read on the caller's thread; what needs the disk, and whatever reads a partition, is
// read on the reader thread, so that a shard never waits for a disk. Completions of appends issued in order
// come in that order.
//
// A failed write or sync: outcome_unknown, and `unavailable` until the disk takes writes again; then the
// files are opened anew, as a restart would (tried at most once a second). Reads go on meanwhile.
class RocksEventStore final : public es::EventStore {
 public:
  // Opens or creates the store; read-only it has to exist. Throws std::runtime_error with a sentence that
  // names the path if it cannot: no directory, locked by another process, a newer schema, damaged.
  explicit RocksEventStore(const Options& options);
  ~RocksEventStore() override;

  es::Partition partitions() const override;
  es::awaitable<Result<std::vector<es::RecordedEvent>>> read(es::StreamId stream, es::Version after) override;
  es::awaitable<Result<es::EventBatch>> append(es::Append append) override;
  es::awaitable<Result<void>> trim(es::Trim trim) override;
  es::awaitable<Result<es::LogSlice>> read_partition(es::Partition partition, es::Offset from,
                                                     std::size_t limit) override;

  // A copy of the files as they are now, in a directory that does not exist yet; everything that was
  // acknowledged before is in it. On one file system it costs hardly any room. Errors: unavailable, closed.
  es::awaitable<Result<void>> checkpoint(std::filesystem::path to);

  // The last offset that the index covers as it was opened. Only of a store that is read only, after a crash,
  // it is not the last of the partition. Any thread.
  es::Offset indexed(es::Partition partition) const;
  // What made the last read `corrupt`, with the file where it is known; empty: none was. Any thread.
  std::string damage() const;
  // Any thread.
  const Metrics& metrics() const;
  // RocksDB's own numbers, "total-sst-files-size" and the like; any thread.
  Properties properties() const;

  // Stores what is queued, then answers `closed` to everything. Blocks; idempotent; the destructor does it
  // too. The last completions are posted. Executors of callers outlive this call: a thread of the store may
  // still be in post().
  void close();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ocf::store_rocksdb
