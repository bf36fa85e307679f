// The embedded store's files: what is in RocksDB, read and written in the store's own words.
#pragma once

#include "es/event_store.hpp"
#include "store_rocksdb/metrics.hpp"
#include "store_rocksdb/rocks_event_store.hpp"

#include <rocksdb/db.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

namespace ocf::store_rocksdb {

// What one sync makes durable.
struct Commit {
  std::vector<es::EventBatch> batches;  // in order of offset within each partition
  std::vector<es::Fence> raised;
};

// How far a read goes: `memory` never touches the disk.
enum class Reach { memory, disk };

// Reads are thread-safe; what writes is called by one thread.
class Database {
 public:
  // Throws std::runtime_error.
  explicit Database(const Options& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  es::Partition partitions() const { return partitions_; }

  // As EventStore::read, or nothing: `reach` is memory and the disk would have to be asked. At most
  // read_bytes_max.
  std::optional<Result<std::vector<es::RecordedEvent>>> read(const es::StreamId& stream, es::Version after,
                                                             Reach reach) const;
  // As EventStore::read_partition; at most read_bytes_max, and what stands before damage: corrupt is that
  // nothing can be read at `from`.
  Result<es::LogSlice> read_partition(es::Partition partition, es::Offset from, std::size_t limit) const;

  // The event that the index has for this version; nullopt: it has none (any more). Errors: unavailable,
  // corrupt.
  Result<std::optional<es::RecordedEvent>> event_at(const es::StreamId& stream, es::Version version) const;
  // The last version of a stream, as the index has it. Errors: unavailable, corrupt.
  Result<es::Version> head_of(const es::StreamId& stream) const;
  // The highest epoch of a fence's key; 0 if there is none. Errors: unavailable, corrupt.
  Result<std::uint64_t> epoch_of(const std::string& key) const;
  // See RocksEventStore::indexed.
  es::Offset indexed(es::Partition partition) const { return indexed_[partition]; }
  // The last offset of a partition; 0 if it is empty. Errors: unavailable, corrupt.
  Result<es::Offset> tail_of(es::Partition partition) const;

  // Durable once it returns. Errors: outcome_unknown.
  Result<void> store(const Commit& commit);
  // Makes the streams of a stored commit readable. Not synced: lost entries are made again from the log.
  // Errors: unavailable.
  Result<void> index(const Commit& commit);
  // As EventStore::trim: one synced write; how many events it removed. Errors: version_conflict, unavailable,
  // corrupt, outcome_unknown.
  Result<std::size_t> trim(const es::Trim& trim);
  // After an error of these: opens the files anew, as a restart would, if the disk takes a write again.
  // Reads that need the disk wait for it; they go on as long as it does not, and if the files cannot be
  // opened then they are unavailable, too, until a later call succeeds. Errors: unavailable.
  Result<void> recover();
  // Whether recover() closed the files and could not open them. For the thread that writes.
  bool is_broken() const { return db_ == nullptr; }
  // Gives the room of what was trimmed back to the file system. Ends early if recover() wants the files, or
  // after cancel_compaction(). Any thread.
  void compact();
  void cancel_compaction() { is_compaction_canceled_ = true; }
  // A copy of the files; see RocksEventStore::checkpoint. Any thread. Errors: unavailable.
  Result<void> checkpoint(const std::filesystem::path& to);
  // About how many are stored. For the thread that writes.
  std::uint64_t estimated_events() const;
  // What made the last read `corrupt`, with the file where it is known; empty: none was. Any thread.
  std::string damage() const;
  // RocksDB's own numbers; any thread.
  Properties properties() const;
  // Makes the index durable, so that the next start need not make it again.
  void flush_index();

 private:
  using Families = std::vector<rocksdb::ColumnFamilyHandle*>;

  void say(telemetry::Level level, std::string text) const;
  void open();
  void open_families();
  void create_missing_families(const rocksdb::ColumnFamilyOptions& each);
  void close();
  bool takes_writes() const;
  rocksdb::ColumnFamilyHandle* family(const char* name);
  void check_log_ends() const;
  void check_nothing_is_there() const;
  void drop_damaged_index();
  rocksdb::Status checksums_of_index() const;
  void check_or_write_meta();
  void upgrade_schema();
  std::optional<std::string> meta(const char* key) const;
  std::optional<Result<std::vector<es::RecordedEvent>>> read_once(const es::StreamId& stream,
                                                                  es::Version after, Reach reach) const;
  bool is_indexed(const rocksdb::Slice& index_key) const;
  Result<es::LogSlice> read_log(es::Partition partition, es::Offset from, std::size_t limit) const;
  Result<void> complete_index();
  Result<void> complete_index(es::Partition partition);
  Error read_error(const rocksdb::Status& status) const;
  Error damaged(std::string what) const;
  Result<es::RecordedEvent> event_of(const rocksdb::Slice& key, const rocksdb::Slice& value) const;

  const Options options_;
  bool exists_ = false;  // it was opened once: from then on nothing is created in its place
  // Held by whoever reads on another thread than the writer's, and alone by the writer while it opens the
  // files anew. db_ is null after that failed.
  mutable std::shared_mutex files_;
  std::unique_ptr<rocksdb::DB> db_;
  Families families_;
  std::atomic<bool> is_compaction_canceled_{false};
  rocksdb::ColumnFamilyHandle* log_ = nullptr;
  rocksdb::ColumnFamilyHandle* index_ = nullptr;
  rocksdb::ColumnFamilyHandle* fences_ = nullptr;
  es::Partition partitions_ = 0;
  std::vector<es::Offset> indexed_;  // by partition
  mutable std::mutex damage_mutex_;
  mutable std::string damage_;
};

}  // namespace ocf::store_rocksdb
