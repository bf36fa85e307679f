#include "store_rocksdb/database.hpp"

#include "base/assert.hpp"
#include "base/decimal.hpp"
#include "base/printable.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "store_rocksdb/layout.hpp"
#include "store_rocksdb/log_end.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <mutex>
#include <stdexcept>

namespace ocf::store_rocksdb {
namespace {

constexpr std::size_t events_per_read_max = 1000;
constexpr std::size_t read_bytes_max =
    4 * 1024 * 1024;  // then the answer ends, with the event that crossed it
constexpr std::size_t block_cache_bytes = 64 * 1024 * 1024;
constexpr std::size_t write_buffer_bytes = 64 * 1024 * 1024;
constexpr std::size_t wal_bytes_max = 256 * 1024 * 1024;
constexpr std::size_t index_entries_per_write = 10'000;
constexpr std::uintmax_t room_bytes_min = 4 * 1024 * 1024;  // to open the files anew
constexpr es::Version last_version = ~es::Version{0};

std::string_view text_of(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
std::string place(es::Position position) {
  return "partition " + std::to_string(position.partition) + ", offset " + std::to_string(position.offset);
}
rocksdb::Slice slice_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[noreturn]] void cannot_open(const Options& options, const std::string& why) {
  throw std::runtime_error("cannot open the event store in " + options.path.string() + ": " + why);
}

// Recovery after a failed write is the committer's, which opens the files anew: 7.8 goes on with a
// write-ahead log that failed, and ends the process if it fails once more (an assertion in
// WritableFileWriter).
struct NoAutomaticRecovery final : rocksdb::EventListener {
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* automatic) override {
    *automatic = false;
  }
};

void to_standard_error(const telemetry::LogLine& line) { std::fprintf(stderr, "%s\n", line.text.c_str()); }

// Where RocksDB says so, nothing is wrong: a checkpoint keeps files from being deleted, and so do, once more,
// the parts that it consists of.
bool is_noise(std::string_view format) {
  return format.find("File Deletions Disabled, but already disabled") != std::string_view::npos ||
         format.find("File Deletions Enable, but not really enabled") != std::string_view::npos;
}

// RocksDB's own diagnosis, for the log. Its default is a file LOG beside the data, on the very disk
// that may be full: 7.8 ends the process when two writes to it fail (an assertion in WritableFileWriter).
class Diagnosis final : public rocksdb::Logger {
 public:
  explicit Diagnosis(telemetry::Log log) : log_(std::move(log)) {}

  using rocksdb::Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < GetInfoLogLevel() || is_noise(format)) return;
    std::array<char, 1024> line;
    std::vsnprintf(line.data(), line.size(), format, arguments);
    std::string_view said(line.data());
    while (said.ends_with('\n')) said.remove_suffix(1);
    log_(telemetry::LogLine(level == rocksdb::WARN_LEVEL ? telemetry::Level::warn : telemetry::Level::error,
                            "store", "rocksdb: " + printable(said, line.size())));
  }
  void Logv(const char* format, va_list arguments) override { Logv(rocksdb::WARN_LEVEL, format, arguments); }

 private:
  const telemetry::Log log_;
};

rocksdb::DBOptions database_options(const Options& options) {
  rocksdb::DBOptions db;
  if (options.env) db.env = options.env;
  db.create_if_missing = true;
  db.paranoid_checks = true;
  // Every acknowledged batch was synced, so only the end of a log can be torn, and what is torn there was
  // never acknowledged. kAbsoluteConsistency would not start after a power cut; kPointInTimeRecovery
  // (RocksDB's default) takes damage in the middle for the end and silently drops what was acknowledged
  // behind it. This mode refuses to open then.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.max_total_wal_size = wal_bytes_max;
  db.max_background_jobs = 2;
  db.info_log = std::make_shared<Diagnosis>(options.log ? options.log : to_standard_error);
  db.info_log->SetInfoLogLevel(rocksdb::WARN_LEVEL);
  db.listeners.push_back(std::make_shared<NoAutomaticRecovery>());
  return db;
}

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = write_buffer_bytes;
  family.compression = rocksdb::kLZ4Compression;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

// Whether it is the next of its stream; the first one that is read may also be a baseline further on.
bool follows(const es::RecordedEvent& event, const std::vector<es::RecordedEvent>& read, es::Version after) {
  if (!read.empty()) return event.version == read.back().version + 1;
  return event.version == after + 1 || (event.version > after && es::is_baseline(event.event));
}

}  // namespace

Database::Database(const Options& options) : options_(options) {
  if (options.partitions < 1 || options.partitions > 16)
    cannot_open(options, "a store has 1 to 16 partitions");
  try {
    open();
  } catch (const std::exception&) {
    close();
    throw;
  }
}

Database::~Database() { close(); }

void Database::say(telemetry::Level level, std::string text) const {
  const telemetry::LogLine line(level, "store", "event store: " + std::move(text));
  options_.log ? options_.log(line) : to_standard_error(line);
}

void Database::open() {
  open_families();
  check_or_write_meta();
  drop_damaged_index();
  if (const auto complete = complete_index(); !complete) {
    std::string why = complete.error().message();
    if (complete.error() == es::StoreError::corrupt)
      why += ": " + damage() + "; `ocf-cloud store verify` names the place";
    cannot_open(options_, "its index cannot be completed: " + why);
  }
  exists_ = true;
}

void Database::close() {
  if (!db_) return;
  for (auto* handle : families_) db_->DestroyColumnFamilyHandle(handle);
  families_.clear();
  db_->Close();
  db_.reset();
}

// Opens what is there before anything is created: a store of a newer schema is to be left as it is.
void Database::open_families() {
  if (!options_.read_only) {
    std::error_code failed;
    std::filesystem::create_directories(options_.path, failed);
    if (failed) cannot_open(options_, failed.message());
  }
  rocksdb::DBOptions db_options = database_options(options_);
  db_options.create_if_missing = !exists_;
  std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
  if (std::filesystem::exists(options_.path / "CURRENT")) {
    check_log_ends();
    const auto listed = rocksdb::DB::ListColumnFamilies(db_options, options_.path.string(), &names);
    if (!listed.ok()) cannot_open(options_, listed.ToString());
  } else {
    check_nothing_is_there();
    if (options_.read_only) cannot_open(options_, "there is none");
  }
  const auto each = family_options(rocksdb::NewLRUCache(block_cache_bytes));
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const auto& name : names) descriptors.emplace_back(name, each);
  rocksdb::DB* db = nullptr;
  const std::string path = options_.path.string();
  const auto opened = options_.read_only
                          ? rocksdb::DB::OpenForReadOnly(db_options, path, descriptors, &families_, &db)
                          : rocksdb::DB::Open(db_options, path, descriptors, &families_, &db);
  if (!opened.ok()) cannot_open(options_, opened.ToString());
  db_.reset(db);
  if (const auto schema = meta(meta::schema)) {
    const auto version = parse_decimal<unsigned>(*schema);
    if (!version) cannot_open(options_, "its schema is damaged");
    if (*version > schema_version) {
      cannot_open(options_, "it has schema " + *schema + ", this release knows schemas up to " +
                                std::to_string(schema_version) + "; start the release that wrote it");
    }
  }
  create_missing_families(each);
  log_ = family(family::log);
  index_ = family(family::index);
  fences_ = family(family::fences);
}

void Database::create_missing_families(const rocksdb::ColumnFamilyOptions& each) {
  for (const char* name : {family::log, family::index, family::fences}) {
    if (family(name)) continue;
    if (options_.read_only) cannot_open(options_, "it was never finished: nothing is in it");
    rocksdb::ColumnFamilyHandle* created = nullptr;
    const auto status = db_->CreateColumnFamily(each, name, &created);
    if (!status.ok()) cannot_open(options_, status.ToString());
    families_.push_back(created);
  }
}

// It holds nothing that the log does not have. complete_index() makes it anew.
void Database::drop_damaged_index() {
  if (options_.read_only) return;
  const auto status = checksums_of_index();
  if (!status.IsCorruption()) return;
  say(telemetry::Level::warn, "its index is damaged, and made again from the log: " + status.ToString());
  const auto dropped = db_->DropColumnFamily(index_);
  if (!dropped.ok()) cannot_open(options_, dropped.ToString());
  db_->DestroyColumnFamilyHandle(index_);
  std::erase(families_, index_);
  create_missing_families(family_options(rocksdb::NewLRUCache(block_cache_bytes)));
  index_ = family(family::index);
}

// Its blocks, and not what is in them: that is far less than the log, which a start reads too.
rocksdb::Status Database::checksums_of_index() const {
  rocksdb::Options options;
  if (options_.env) options.env = options_.env;
  rocksdb::ColumnFamilyMetaData index;
  db_->GetColumnFamilyMetaData(index_, &index);
  for (const rocksdb::LevelMetaData& level : index.levels) {
    for (const rocksdb::SstFileMetaData& file : level.files) {
      rocksdb::SstFileReader reader(options);
      auto status = reader.Open(file.db_path + file.name);
      if (status.ok()) status = reader.VerifyChecksum();
      if (!status.ok()) return status;
    }
  }
  return rocksdb::Status::OK();
}

// Without CURRENT RocksDB would begin a new store, and remove the files of the one that was there. It is
// written before the first log, so a creation that was interrupted leaves none of these.
void Database::check_nothing_is_there() const {
  std::error_code failed;
  std::filesystem::directory_iterator file(options_.path, failed);
  for (; !failed && file != std::filesystem::directory_iterator(); file.increment(failed)) {
    const std::string extension = file->path().extension().string();
    if (extension != ".sst" && extension != ".log") continue;
    cannot_open(options_, "its file CURRENT is missing, but " + file->path().filename().string() +
                              " is there; restore a backup into an empty directory");
  }
  if (failed && failed != std::errc::no_such_file_or_directory) cannot_open(options_, failed.message());
}

// What RocksDB would take for torn although it was acknowledged. A log that cannot be read is RocksDB's to
// tell.
void Database::check_log_ends() const {
  rocksdb::Env* env = options_.env ? options_.env : rocksdb::Env::Default();
  std::vector<std::string> names;
  env->GetChildren(options_.path.string(), &names);
  for (const std::string& name : names) {
    if (!name.ends_with(".log")) continue;
    const std::string path = (options_.path / name).string();
    std::uint64_t size = 0;
    std::unique_ptr<rocksdb::RandomAccessFile> file;
    if (!env->GetFileSize(path, &size).ok()) continue;
    if (!env->NewRandomAccessFile(path, &file, rocksdb::EnvOptions()).ok()) continue;
    const std::uint64_t begin = size / log_block_bytes * log_block_bytes;
    std::string bytes(static_cast<std::size_t>(size - begin), '\0');
    rocksdb::Slice block;
    if (!file->Read(begin, bytes.size(), &block, bytes.data()).ok()) continue;
    if (has_damaged_length(as_bytes(text_of(block))))
      cannot_open(options_, "Corruption: the length of a record at the end of " + name + " is damaged");
  }
}

rocksdb::ColumnFamilyHandle* Database::family(const char* name) {
  const auto found = std::find_if(families_.begin(), families_.end(),
                                  [name](const auto* handle) { return handle->GetName() == name; });
  return found == families_.end() ? nullptr : *found;
}

// The meta data is written last when a store is created, so a store without it is new or was never finished:
// empty.
void Database::check_or_write_meta() {
  if (const auto partitions = meta(meta::partitions)) {
    const auto count = parse_decimal<unsigned>(*partitions);
    if (!count || *count < 1 || *count > 16) cannot_open(options_, "its number of partitions is damaged");
    partitions_ = static_cast<es::Partition>(*count);
    const bool is_current = meta(meta::schema) == std::to_string(schema_version);
    if (!is_current && !options_.read_only) upgrade_schema();
    return;
  }
  if (options_.read_only) cannot_open(options_, "it was never finished: nothing is in it");
  partitions_ = options_.partitions;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  rocksdb::WriteBatch batch;
  batch.Put(meta::schema, std::to_string(schema_version));
  batch.Put(meta::partitions, std::to_string(partitions_));
  batch.Put(meta::store, random_uuid());
  batch.Put(meta::created, to_rfc3339(now));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const auto written = db_->Write(synced, &batch);
  if (!written.ok()) cannot_open(options_, written.ToString());
}

// What is stored is the same; only what may come differs. An older release refuses the store from now on.
void Database::upgrade_schema() {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const auto written = db_->Put(synced, meta::schema, std::to_string(schema_version));
  if (!written.ok()) cannot_open(options_, written.ToString());
}

std::optional<std::string> Database::meta(const char* key) const {
  std::string value;
  const auto status = db_->Get(rocksdb::ReadOptions(), key, &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) cannot_open(options_, "cannot read its " + std::string(key) + ": " + status.ToString());
  return value;
}

Error Database::read_error(const rocksdb::Status& status) const {
  if (!status.IsCorruption()) return es::StoreError::unavailable;
  return damaged(status.ToString());
}

Error Database::damaged(std::string what) const {
  const std::lock_guard lock(damage_mutex_);
  damage_ = std::move(what);
  return es::StoreError::corrupt;
}

std::string Database::damage() const {
  const std::lock_guard lock(damage_mutex_);
  return damage_;
}

// The record must be what its key says: a copy at another place is as bad as a damaged one.
Result<es::RecordedEvent> Database::event_of(const rocksdb::Slice& key, const rocksdb::Slice& value) const {
  auto event = es::decode_record(as_bytes(text_of(value)));
  const auto position = parse_log_key(text_of(key));
  if (event && event->position == position) return event;
  if (!position) return damaged("a key of the log is none");
  return damaged("what is stored at " + place(*position) + " is not the record of that place");
}

bool Database::is_indexed(const rocksdb::Slice& key) const {
  std::string offset;
  return !db_->Get(rocksdb::ReadOptions(), index_, key, &offset).IsNotFound();
}

std::optional<Result<std::vector<es::RecordedEvent>>> Database::read(const es::StreamId& stream,
                                                                     es::Version after, Reach reach) const {
  if (after == last_version) return std::vector<es::RecordedEvent>();
  std::shared_lock lock(files_, std::defer_lock);
  if (reach == Reach::disk) {
    lock.lock();
  } else if (!lock.try_lock()) {
    return std::nullopt;
  }
  if (!db_) return Error(es::StoreError::unavailable);
  for (;;) {
    auto events = read_once(stream, after, reach);
    const bool was_trimmed = events && !*events && events->error() == es::StoreError::version_conflict;
    if (!was_trimmed) return events;
  }
}

// Errors: as read(), and version_conflict: the stream was trimmed while it was read.
std::optional<Result<std::vector<es::RecordedEvent>>> Database::read_once(const es::StreamId& stream,
                                                                          es::Version after,
                                                                          Reach reach) const {
  std::vector<es::RecordedEvent> events;
  rocksdb::ReadOptions options;
  if (reach == Reach::memory) options.read_tier = rocksdb::kBlockCacheTier;
  const std::string end = index_key(stream, last_version);
  const rocksdb::Slice upper(end);
  options.iterate_upper_bound = &upper;
  const es::Partition partition = es::partition_of(stream, partitions_);
  const std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(options, index_));
  std::size_t bytes = 0;
  rocksdb::PinnableSlice record;
  for (entry->Seek(index_key(stream, after + 1)); entry->Valid(); entry->Next()) {
    if (events.size() == events_per_read_max || bytes >= read_bytes_max) return events;
    const auto offset = parse_number(text_of(entry->value()));
    if (!offset) return damaged("an entry of the index has no offset");
    const std::string key = log_key({partition, *offset});
    record.Reset();
    const auto status = db_->Get(options, log_, key, &record);
    if (status.IsIncomplete()) return std::nullopt;
    if (status.IsNotFound() && !is_indexed(entry->key())) return Error(es::StoreError::version_conflict);
    if (status.IsNotFound())
      return damaged("the index leads to " + place({partition, *offset}) + ", where nothing is");
    if (!status.ok()) return read_error(status);
    auto event = event_of(key, record);
    if (!event) return event.error();
    if (event->stream != stream || !follows(*event, events, after))
      return damaged("the index leads to " + place(event->position) + ", where another event is");
    bytes += record.size();
    events.push_back(std::move(*event));
  }
  if (entry->status().IsIncomplete()) return std::nullopt;
  if (!entry->status().ok()) return read_error(entry->status());
  return events;
}

Result<es::LogSlice> Database::read_partition(es::Partition partition, es::Offset from,
                                              std::size_t limit) const {
  const std::shared_lock lock(files_);
  if (!db_) return es::StoreError::unavailable;
  return read_log(partition, from, limit);
}

Result<es::LogSlice> Database::read_log(es::Partition partition, es::Offset from, std::size_t limit) const {
  auto events = std::make_shared<std::vector<es::RecordedEvent>>();
  es::LogSlice slice;
  slice.events = events;
  slice.next = std::max<es::Offset>(from, 1);
  const std::string end = log_key({static_cast<es::Partition>(partition + 1), 0});
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(options, log_));
  std::size_t bytes = 0;
  for (entry->Seek(log_key({partition, slice.next})); entry->Valid(); entry->Next()) {
    if (events->size() >= limit || bytes >= read_bytes_max) return slice;
    auto event = event_of(entry->key(), entry->value());
    if (!event && events->empty()) return event.error();
    if (!event) return slice;
    bytes += entry->value().size();
    slice.next = event->position.offset + 1;
    events->push_back(std::move(*event));
  }
  if (!entry->status().ok() && events->empty()) return read_error(entry->status());
  return slice;
}

Result<std::optional<es::RecordedEvent>> Database::event_at(const es::StreamId& stream,
                                                            es::Version version) const {
  std::string value;
  auto status = db_->Get(rocksdb::ReadOptions(), index_, index_key(stream, version), &value);
  if (status.IsNotFound()) return std::optional<es::RecordedEvent>();
  const auto offset = status.ok() ? parse_number(value) : std::nullopt;
  if (!offset) return status.ok() ? Error(es::StoreError::corrupt) : read_error(status);
  const std::string key = log_key({es::partition_of(stream, partitions_), *offset});
  status = db_->Get(rocksdb::ReadOptions(), log_, key, &value);
  if (!status.ok()) return status.IsNotFound() ? Error(es::StoreError::corrupt) : read_error(status);
  auto event = event_of(key, value);
  if (!event) return event.error();
  return std::optional<es::RecordedEvent>(std::move(*event));
}

Result<es::Version> Database::head_of(const es::StreamId& stream) const {
  const std::string prefix = index_prefix(stream);
  const std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(rocksdb::ReadOptions(), index_));
  entry->SeekForPrev(index_key(stream, last_version));
  if (!entry->Valid()) {
    if (!entry->status().ok()) return read_error(entry->status());
    return es::Version{0};
  }
  if (!entry->key().starts_with(prefix)) return es::Version{0};
  const auto version = parse_number(text_of(entry->key()).substr(prefix.size()));
  if (!version) return es::StoreError::corrupt;
  return *version;
}

Result<std::uint64_t> Database::epoch_of(const std::string& key) const {
  std::string value;
  const auto status = db_->Get(rocksdb::ReadOptions(), fences_, key, &value);
  if (status.IsNotFound()) return std::uint64_t{0};
  if (!status.ok()) return read_error(status);
  const auto epoch = parse_number(value);
  if (!epoch) return es::StoreError::corrupt;
  return *epoch;
}

Result<es::Offset> Database::tail_of(es::Partition partition) const {
  const std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(rocksdb::ReadOptions(), log_));
  entry->SeekForPrev(log_key({partition, ~es::Offset{0}}));
  if (!entry->Valid()) {
    if (!entry->status().ok()) return read_error(entry->status());
    return es::Offset{0};
  }
  const auto position = parse_log_key(text_of(entry->key()));
  if (!position) return es::StoreError::corrupt;
  return position->partition == partition ? position->offset : 0;
}

Result<void> Database::store(const Commit& commit) {
  rocksdb::WriteBatch batch;
  for (const auto& events : commit.batches) {
    for (const auto& event : *events)
      batch.Put(log_, log_key(event.position), slice_of(es::encode_record(event)));
  }
  for (const auto& fence : commit.raised) batch.Put(fences_, fence.key, number_value(fence.epoch));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  // Written or not is not known after a failure: part of it may be in the write-ahead log and be found at the
  // next start.
  if (!db_->Write(synced, &batch).ok()) return es::StoreError::outcome_unknown;
  return {};
}

Result<void> Database::index(const Commit& commit) {
  rocksdb::WriteBatch batch;
  std::vector<es::Offset> covered(partitions_);
  for (const auto& events : commit.batches) {
    for (const auto& event : *events) {
      batch.Put(index_, index_key(event.stream, event.version), number_value(event.position.offset));
    }
    covered[events->back().position.partition] = events->back().position.offset;
  }
  for (es::Partition partition = 0; partition < partitions_; ++partition) {
    if (covered[partition]) batch.Put(index_, marker_key(partition), number_value(covered[partition]));
  }
  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  const auto written = db_->Write(unlogged, &batch);
  if (!written.ok()) return read_error(written);
  return {};
}

Result<std::size_t> Database::trim(const es::Trim& trim) {
  auto kept = event_at(trim.stream, trim.first);
  if (!kept) return kept.error();
  if (!*kept) {
    const auto head = head_of(trim.stream);
    if (!head) return head.error();
    if (trim.first == 0 || trim.first > *head) return es::StoreError::version_conflict;
    return std::size_t{0};  // it begins behind that already
  }
  es::RecordedEvent baseline = std::move(**kept);
  const Time time = baseline.event.time;
  baseline.event = trim.baseline;
  baseline.event.time = time;
  rocksdb::WriteBatch batch;
  batch.Put(log_, log_key(baseline.position), slice_of(es::encode_record(baseline)));
  const std::string end = index_key(trim.stream, trim.first);
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(options, index_));
  for (entry->Seek(index_key(trim.stream, 0)); entry->Valid(); entry->Next()) {
    const auto offset = parse_number(text_of(entry->value()));
    if (!offset) return es::StoreError::corrupt;
    batch.Delete(log_, log_key({baseline.position.partition, *offset}));
    batch.Delete(index_, entry->key());
  }
  if (!entry->status().ok()) return read_error(entry->status());
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (!db_->Write(synced, &batch).ok()) return es::StoreError::outcome_unknown;
  return (static_cast<std::size_t>(batch.Count()) - 1) / 2;
}

void Database::compact() {
  const std::shared_lock lock(files_);
  if (!db_ || is_compaction_canceled_) return;
  // Write-ahead logs are kept as long as any family has something in memory only.
  if (!db_->Flush(rocksdb::FlushOptions(), families_).ok()) return;
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.canceled = &is_compaction_canceled_;
  for (rocksdb::ColumnFamilyHandle* family : {log_, index_})
    db_->CompactRange(options, family, nullptr, nullptr);
}

Result<void> Database::checkpoint(const std::filesystem::path& to) {
  const std::shared_lock lock(files_);
  if (!db_) return es::StoreError::unavailable;
  rocksdb::Checkpoint* made = nullptr;
  const auto ready = rocksdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (!ready.ok() || !checkpoint->CreateCheckpoint(to.string()).ok()) return es::StoreError::unavailable;
  return {};
}

std::uint64_t Database::estimated_events() const {
  std::uint64_t count = 0;
  db_->GetIntProperty(log_, rocksdb::DB::Properties::kEstimateNumKeys, &count);
  return count;
}

Result<void> Database::recover() {
  if (!takes_writes()) return es::StoreError::unavailable;
  is_compaction_canceled_ = true;  // it holds the files
  const std::unique_lock lock(files_);
  is_compaction_canceled_ = false;
  close();
  try {
    open();
  } catch (const std::exception& error) {
    say(telemetry::Level::error, error.what());
    close();
    return es::StoreError::unavailable;
  }
  say(telemetry::Level::warn, "opened anew after a failed write");
  return {};
}

// Before files are closed that can at least be read: there is room for what opening them writes (what is in
// the write-ahead logs, once more), and a write is synced.
bool Database::takes_writes() const {
  std::error_code failed;
  std::uintmax_t logs = 0;
  for (const auto& file : std::filesystem::directory_iterator(options_.path, failed)) {
    if (file.path().extension() == ".log") logs += file.file_size(failed);
  }
  const auto room = std::filesystem::space(options_.path, failed);
  if (failed || room.available < logs + room_bytes_min) return false;
  rocksdb::Env* env = options_.env ? options_.env : rocksdb::Env::Default();
  const std::string probe = (options_.path / "probe").string();
  const auto written = rocksdb::WriteStringToFile(env, "may be deleted", probe, true);
  env->DeleteFile(probe);
  return written.ok();
}

Properties Database::properties() const {
  static const std::string names[] = {
      rocksdb::DB::Properties::kEstimateNumKeys,
      rocksdb::DB::Properties::kTotalSstFilesSize,
      rocksdb::DB::Properties::kCurSizeAllMemTables,
      rocksdb::DB::Properties::kEstimateTableReadersMem,
      rocksdb::DB::Properties::kNumRunningFlushes,
      rocksdb::DB::Properties::kNumRunningCompactions,
      rocksdb::DB::Properties::kBackgroundErrors,
      rocksdb::DB::Properties::kIsWriteStopped,
      rocksdb::DB::Properties::kEstimatePendingCompactionBytes,
  };
  Properties properties;
  const std::shared_lock lock(files_, std::try_to_lock);
  if (!lock || !db_) return properties;
  for (const std::string& name : names) {
    std::uint64_t value = 0;
    // "rocksdb.total-sst-files-size"
    if (db_->GetAggregatedIntProperty(name, &value))
      properties.emplace_back(name.substr(name.find('.') + 1), value);
  }
  return properties;
}

Result<void> Database::complete_index() {
  indexed_.assign(partitions_, 0);
  for (es::Partition partition = 0; partition < partitions_; ++partition) {
    if (const auto complete = complete_index(partition); !complete) return complete;
  }
  return {};
}

Result<void> Database::complete_index(es::Partition partition) {
  std::string marker;
  const auto status = db_->Get(rocksdb::ReadOptions(), index_, marker_key(partition), &marker);
  std::optional<std::uint64_t> covered;
  if (status.ok()) covered = parse_number(marker);
  if (status.IsNotFound()) covered = 0;
  const auto tail = tail_of(partition);
  // Who only reads gets what can be read.
  if (options_.read_only) {
    indexed_[partition] = covered ? *covered : tail ? *tail : 0;
    return {};
  }
  if (!status.ok() && !status.IsNotFound()) return read_error(status);
  if (!tail) return tail.error();
  if (!covered) return damaged("the index does not say how much of the log it covers");
  if (*covered > *tail)
    return damaged("the log ends before what its index covers: it lost what was acknowledged");
  indexed_[partition] = *tail;
  for (es::Offset from = *covered + 1; from <= *tail;) {
    const auto slice = read_log(partition, from, index_entries_per_write);
    if (!slice) return slice.error();
    Commit commit;
    commit.batches.push_back(slice->events);
    if (const auto indexed = index(commit); !indexed) return indexed;
    from = slice->next;
  }
  return {};
}

void Database::flush_index() {
  if (db_ && !options_.read_only) db_->Flush(rocksdb::FlushOptions(), index_);
}

}  // namespace ocf::store_rocksdb
