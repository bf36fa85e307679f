// A file system for tests that fails to write, or takes its time, when told so.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <string>
#include <string_view>
#include <utility>

namespace ocf::store_rocksdb {

enum class Trouble { none, disk_full, io_error };

// Thread-safe. Whoever comes while it is closed waits until it is open again.
class Barrier {
 public:
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    changed_.notify_all();
  }
  // Returns when somebody waits.
  void await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !closed_; });
    --waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  int waiting_ = 0;
};

// What the files of one test do. Thread-safe.
class Troubles {
 public:
  Barrier syncs;        // of write-ahead logs
  Barrier compactions;  // their writes
  std::atomic<Trouble> trouble = Trouble::none;
  std::atomic<int> log_syncs = 0;                                              // of write-ahead logs, so far
  std::atomic<int> log_syncs_until_failure = std::numeric_limits<int>::max();  // those after these fail

  // Returns when so many files were deleted that it is true.
  template <class Predicate>
  void await_deletions(Predicate enough) {
    std::unique_lock lock(mutex_);
    deleted_.wait(lock, std::move(enough));
  }

  void note_deletion() {
    const std::lock_guard lock(mutex_);
    deleted_.notify_all();
  }
  rocksdb::IOStatus write() const {
    switch (trouble.load()) {
      case Trouble::none: return rocksdb::IOStatus::OK();
      case Trouble::disk_full: return rocksdb::IOStatus::NoSpace("told so");
      case Trouble::io_error: return rocksdb::IOStatus::IOError("told so");
    }
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus sync_log() {
    const bool fails = ++log_syncs > log_syncs_until_failure;
    syncs.pass();
    return fails ? rocksdb::IOStatus::IOError("told so") : write();
  }

 private:
  std::mutex mutex_;
  std::condition_variable deleted_;
};

class TroubledFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  TroubledFile(std::unique_ptr<rocksdb::FSWritableFile> file, Troubles& troubles, bool is_log)
      : FSWritableFileOwnerWrapper(std::move(file)), troubles_(troubles), is_log_(is_log) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    if (is_compaction()) troubles_.compactions.pass();
    // A disk that is full takes what fits.
    auto status = troubles_.write();
    if (status.ok()) return FSWritableFileWrapper::Append(data, options, debug);
    FSWritableFileWrapper::Append(rocksdb::Slice(data.data(), data.size() / 2), options, debug);
    return status;
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo&, rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    const auto status = is_log_ ? troubles_.sync_log() : troubles_.write();
    return status.ok() ? FSWritableFileWrapper::Sync(options, debug) : status;
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return Sync(options, debug);
  }

 private:
  // RocksDB compacts on threads of this name, and flushes on others.
  static bool is_compaction() {
    char name[16] = {};
    return ::pthread_getname_np(::pthread_self(), name, sizeof name) == 0 &&
           std::string_view(name) == "rocksdb:low";
  }

  Troubles& troubles_;
  const bool is_log_;
};

class TroubledFiles final : public rocksdb::FileSystemWrapper {
 public:
  explicit TroubledFiles(Troubles& troubles)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), troubles_(troubles) {}

  const char* Name() const override { return "TroubledFiles"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSWritableFile> real;
    auto status = FileSystemWrapper::NewWritableFile(path, options, &real, debug);
    const bool is_log = path.size() > 4 && path.compare(path.size() - 4, 4, ".log") == 0;
    if (status.ok()) *file = std::make_unique<TroubledFile>(std::move(real), troubles_, is_log);
    return status;
  }
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::DeleteFile(path, options, debug);
    troubles_.note_deletion();
    return status;
  }

 private:
  Troubles& troubles_;
};

}  // namespace ocf::store_rocksdb
