#include "store_rocksdb/rocks_event_store.hpp"

#include "store_rocksdb/layout.hpp"
#include "store_rocksdb/troubled_files.hpp"
#include "tests/contract/event_store_samples.hpp"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <fstream>
#include <set>
#include <thread>

namespace ocf::store_rocksdb {
namespace {

using es::Append;
using es::EventBatch;
using es::StoreError;
using es::contract::append_once;
using es::contract::event_of;
using es::contract::events_of;
using es::contract::run;
using es::contract::same;
using es::contract::stream_of;
using es::contract::TemporaryDirectory;
using Stored = Result<EventBatch>;
namespace fs = std::filesystem;

// The files of a closed store, as RocksDB sees them.
class Files {
 public:
  explicit Files(const fs::path& path) {
    std::vector<std::string> names;
    EXPECT_TRUE(rocksdb::DB::ListColumnFamilies({}, path.string(), &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const auto& name : names) descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
    rocksdb::DB* db = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open({}, path.string(), descriptors, &handles_, &db).ok());
    db_.reset(db);
  }
  ~Files() {
    for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(const std::string& name) {
    for (auto* handle : handles_) {
      if (handle->GetName() == name) return handle;
    }
    ADD_FAILURE() << "no family " << name;
    return nullptr;
  }
  std::string get(const std::string& name, const std::string& key) {
    std::string value;
    EXPECT_TRUE(db_->Get({}, family(name), key, &value).ok());
    return value;
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

struct RocksStore : ::testing::Test {
  static constexpr es::Partition partitions = 4;

  ~RocksStore() override {
    troubles.syncs.open();
    troubles.compactions.open();
  }

  void open(const fs::path& path, es::Partition count = partitions) {
    Options options;
    options.path = path;
    options.partitions = count;
    options.queued_bytes_max = queued_bytes_max;
    options.compaction_events_min = compaction_events_min;
    options.recovery_interval = std::chrono::milliseconds(0);
    options.env = env.get();
    options.read_only = read_only;
    options.log = log_to;
    store.reset();
    store = std::make_unique<RocksEventStore>(options);
  }
  void open() { open(directory.path()); }

  std::string refusal(const fs::path& path) {
    try {
      open(path);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

  Stored append(const es::StreamId& stream, es::Version expected, std::vector<es::NewEvent> events,
                std::optional<es::Fence> fence = {}) {
    return run(context, store->append(Append(stream, expected, std::move(events), std::move(fence))));
  }
  Result<std::vector<es::RecordedEvent>> read(const es::StreamId& stream) {
    return run(context, store->read(stream, 0));
  }
  Result<es::LogSlice> log(es::Partition partition) {
    return run(context, store->read_partition(partition, 1, 10'000));
  }
  // Issues an append whose answer comes with the next run.
  void issue(Append append, std::vector<Stored>& answers) {
    boost::asio::co_spawn(context, append_once(*store, std::move(append), answers),
                          [](std::exception_ptr failed) { ASSERT_FALSE(failed); });
    context.restart();
    context.poll();
  }
  void run_all() {
    context.restart();
    context.run();
  }
  // What a killed process leaves: the files as they are now.
  fs::path crash_image() { return copy_of(directory.path()); }
  fs::path copy_of(const fs::path& files_of_a_store) {
    fs::path path = images.path() / std::to_string(++images_made);
    fs::copy(files_of_a_store, path, fs::copy_options::recursive);
    return path;
  }
  static fs::path newest_log(const fs::path& path) {
    fs::path newest;
    for (const auto& file : fs::directory_iterator(path)) {
      if (file.path().extension() == ".log" && file.path() > newest) newest = file.path();
    }
    return newest;
  }

  // Of a store that is closed: everything of a family is in them then.
  std::vector<fs::path> tables_of(const char* family) {
    Files closed(directory.path());
    EXPECT_TRUE(closed.db().Flush({}, closed.family(family)).ok());
    rocksdb::ColumnFamilyMetaData found;
    closed.db().GetColumnFamilyMetaData(closed.family(family), &found);
    std::vector<fs::path> tables;
    for (const auto& level : found.levels) {
      for (const auto& file : level.files) tables.emplace_back(file.db_path + file.name);
    }
    return tables;
  }
  static void damage(const fs::path& file, std::uintmax_t at) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes << "gone";
  }

  TemporaryDirectory directory;
  TemporaryDirectory images;
  int images_made = 0;
  bool read_only = false;
  telemetry::Log log_to;
  std::size_t queued_bytes_max = 64 * 1024 * 1024;
  std::size_t compaction_events_min = 100'000;
  Troubles troubles;
  std::shared_ptr<TroubledFiles> files = std::make_shared<TroubledFiles>(troubles);
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
  // Contexts outlive the store, whose threads post to them.
  boost::asio::io_context context, other;
  std::vector<boost::asio::io_context> shards = std::vector<boost::asio::io_context>(4);
  std::unique_ptr<RocksEventStore> store;
};

// -- One sync for all that waits

TEST_F(RocksStore, StoresWithOneSyncWhatWasQueuedWhileTheLastSyncRan) {
  open();
  std::vector<Stored> answers;
  troubles.syncs.close();
  issue(Append(stream_of("first"), 0, events_of(1)), answers);
  troubles.syncs.await();
  const int before = troubles.log_syncs;
  for (int device = 0; device < 50; ++device)
    issue(Append(stream_of(std::to_string(device)), 0, events_of(2)), answers);
  EXPECT_TRUE(answers.empty());
  troubles.syncs.open();
  run_all();
  EXPECT_EQ(troubles.log_syncs, before + 1);
  ASSERT_EQ(answers.size(), 51u);
  for (const auto& answer : answers) EXPECT_TRUE(answer);
}

TEST_F(RocksStore, ShowsNothingBeforeItIsDurable) {
  open();
  std::vector<Stored> answers;
  troubles.syncs.close();
  issue(Append(stream_of("a"), 0, events_of(1)), answers);
  troubles.syncs.await();
  std::optional<Result<std::vector<es::RecordedEvent>>> seen;
  seen = run(other, store->read(stream_of("a"), 0));
  const auto slice = run(other, store->read_partition(es::partition_of(stream_of("a"), partitions), 1, 10));
  troubles.syncs.open();
  run_all();
  EXPECT_TRUE(seen->value().empty());
  EXPECT_TRUE(slice->events->empty());
  EXPECT_EQ(read(stream_of("a"))->size(), 1u);
}

TEST_F(RocksStore, DropsLosersOfARaceFromABatchWithoutTheirNeighbours) {
  open();
  ASSERT_TRUE(append(stream_of("fenced"), 0, events_of(1), es::Fence{"f", 5}));
  std::vector<Stored> answers;
  troubles.syncs.close();
  issue(Append(stream_of("first"), 0, events_of(1)), answers);
  troubles.syncs.await();
  const Append winner(stream_of("a"), 0, events_of(2));
  issue(winner, answers);                                                           // 1
  issue(Append(stream_of("a"), 0, events_of(1)), answers);                          // 2: lost
  issue(Append(stream_of("a"), 2, events_of(1)), answers);                          // 3: on top of 1
  issue(winner, answers);                                                           // 4: 1 again
  issue(Append(stream_of("a"), 9, events_of(1)), answers);                          // 5: from the future
  issue(Append(stream_of("fenced"), 1, events_of(1), es::Fence{"f", 4}), answers);  // 6: an old session
  issue(Append(stream_of("fenced"), 1, events_of(1), es::Fence{"f", 7}), answers);  // 7: a new one
  issue(Append(stream_of("fenced"), 2, events_of(1), es::Fence{"f", 6}), answers);  // 8: older than 7
  issue(Append(stream_of("b"), 0, events_of(1)), answers);                          // 9
  troubles.syncs.open();
  run_all();
  ASSERT_EQ(answers.size(), 10u);
  EXPECT_TRUE(answers[1]);
  EXPECT_EQ(answers[2].error(), StoreError::version_conflict);
  EXPECT_TRUE(answers[3]);
  EXPECT_TRUE(same(*answers[4].value(), *answers[1].value()));
  EXPECT_EQ(answers[5].error(), StoreError::version_conflict);
  EXPECT_EQ(answers[6].error(), StoreError::fenced);
  EXPECT_TRUE(answers[7]);
  EXPECT_EQ(answers[8].error(), StoreError::fenced);
  EXPECT_TRUE(answers[9]);
  EXPECT_EQ(read(stream_of("a"))->size(), 3u);
}

TEST_F(RocksStore, RefusesAppendsAboveItsQueue) {
  queued_bytes_max = 10'000;
  open();
  std::vector<Stored> answers;
  troubles.syncs.close();
  issue(Append(stream_of("first"), 0, events_of(1)), answers);
  troubles.syncs.await();
  issue(Append(stream_of("a"), 0, {event_of("Big", Bytes(9'000))}), answers);
  issue(Append(stream_of("b"), 0, {event_of("Big", Bytes(9'000))}), answers);
  context.restart();
  context.poll();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].error(), StoreError::unavailable);
  troubles.syncs.open();
  run_all();
  EXPECT_TRUE(read(stream_of("b"))->empty());
  EXPECT_TRUE(append(stream_of("b"), 0, {event_of("Big", Bytes(9'000))}));
}

TEST_F(RocksStore, StoresWhatIsQueuedBeforeItCloses) {
  open();
  std::vector<Stored> answers;
  for (int device = 0; device < 50; ++device)
    issue(Append(stream_of(std::to_string(device)), 0, events_of(1)), answers);
  store->close();
  run_all();
  ASSERT_EQ(answers.size(), 50u);
  for (const auto& answer : answers) EXPECT_TRUE(answer);
  open();
  for (int device = 0; device < 50; ++device) EXPECT_EQ(read(stream_of(std::to_string(device)))->size(), 1u);
}

TEST_F(RocksStore, AnswersClosedOnceItIsClosed) {
  open();
  store->close();
  store->close();
  EXPECT_EQ(append(stream_of("a"), 0, events_of(1)).error(), StoreError::closed);
  EXPECT_EQ(read(stream_of("a")).error(), StoreError::closed);
  EXPECT_EQ(log(0).error(), StoreError::closed);
}

es::awaitable<void> count_up(es::EventStore& store, es::StreamId stream, int count, int& stored) {
  es::Version version = 0;
  while (stored < count) {
    const auto answer = co_await store.append(Append(stream, version, events_of(1)));
    if (answer) ++stored;
    const auto events = co_await store.read(stream, version);
    if (!events) co_return;
    if (!events->empty()) version = events->back().version;
  }
}

TEST_F(RocksStore, ServesManyThreadsAtOnce) {
  open();
  static constexpr int each = 25;
  std::vector<std::thread> threads;
  for (auto& shard : shards) {
    threads.emplace_back([this, &shard] {
      int together = 0;
      int alone = 0;
      boost::asio::co_spawn(shard, count_up(*store, stream_of("together"), each, together),
                            [](std::exception_ptr) {});
      boost::asio::co_spawn(shard, count_up(*store, stream_of(random_uuid()), each, alone),
                            [](std::exception_ptr) {});
      shard.run();
      EXPECT_EQ(together, each);
      EXPECT_EQ(alone, each);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(read(stream_of("together"))->size(), shards.size() * each);
  std::size_t events = 0;
  for (es::Partition partition = 0; partition < partitions; ++partition) {
    const auto slice = log(partition).value();
    for (std::size_t index = 0; index < slice.events->size(); ++index) {
      EXPECT_EQ((*slice.events)[index].position.offset, index + 1);
    }
    events += slice.events->size();
  }
  EXPECT_EQ(events, 2 * shards.size() * each);
}

TEST_F(RocksStore, CountsWhatItDoes) {
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(2), es::Fence{"f", 5}));
  EXPECT_EQ(append(stream_of("a"), 0, events_of(1)).error(), StoreError::version_conflict);
  EXPECT_EQ(append(stream_of("a"), 2, events_of(1), es::Fence{"f", 4}).error(), StoreError::fenced);
  const Metrics& counted = store->metrics();
  EXPECT_EQ(counted.stored.value(), 1u);
  EXPECT_EQ(counted.conflicts.value(), 1u);
  EXPECT_EQ(counted.fenced.value(), 1u);
  EXPECT_EQ(counted.appended.value(), 2u);
  EXPECT_EQ(counted.last_offsets.value(), 2);
  EXPECT_EQ(counted.append_seconds.counts().count(), 3u);
  EXPECT_EQ(counted.sync_seconds.counts().count(), 1u);
  EXPECT_EQ(counted.batch_events.counts().sum, 2.0);
  EXPECT_FALSE(store->properties().empty());
}

// -- A disk that fails

TEST_F(RocksStore, GoesOnOnceAFullDiskHasRoomAgain) {
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(1), es::Fence{"f", 5}));
  troubles.trouble = Trouble::disk_full;
  const auto lost = events_of(2);
  EXPECT_EQ(append(stream_of("a"), 1, lost, es::Fence{"f", 6}).error(), StoreError::outcome_unknown);
  EXPECT_EQ(read(stream_of("a"))->size(), 1u) << "reads go on";
  troubles.trouble = Trouble::none;
  const auto retried = append(stream_of("a"), 1, lost, es::Fence{"f", 5});
  ASSERT_TRUE(retried) << retried.error().message();
  EXPECT_EQ((*retried)->front().position.offset, 2u);
  ASSERT_TRUE(append(stream_of("a"), 3, events_of(1)));
  const fs::path image = crash_image();
  for (const auto& path : {image, directory.path()}) {
    open(path);
    EXPECT_EQ(read(stream_of("a"))->size(), 4u);
    EXPECT_EQ(log(es::partition_of(stream_of("a"), partitions))->events->size(), 4u);
    store.reset();
  }
}

TEST_F(RocksStore, TrimsAgainOnceADiskThatFailedIsWell) {
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(5)));
  const es::Trim trim(stream_of("a"), 4, event_of("BaselineTaken"));
  troubles.trouble = Trouble::disk_full;
  EXPECT_EQ(run(context, store->trim(trim)).error(), StoreError::outcome_unknown);
  troubles.trouble = Trouble::none;
  ASSERT_TRUE(run(context, store->trim(trim)));
  EXPECT_EQ(read(stream_of("a"))->size(), 2u);
  ASSERT_TRUE(append(stream_of("a"), 5, events_of(1)));
  open(crash_image());
  EXPECT_EQ(read(stream_of("a"))->size(), 3u);
}

TEST_F(RocksStore, GoesOnAfterAFullDiskEvenIfNothingWasWrittenBefore) {
  open();
  troubles.trouble = Trouble::disk_full;
  EXPECT_EQ(append(stream_of("a"), 0, events_of(1)).error(), StoreError::outcome_unknown);
  troubles.trouble = Trouble::none;
  const auto retried = append(stream_of("a"), 0, events_of(1));
  ASSERT_TRUE(retried) << retried.error().message();
  EXPECT_EQ(store->metrics().writable.value(), 1);
  open(crash_image());
  EXPECT_EQ(read(stream_of("a"))->size(), 1u);
}

TEST_F(RocksStore, IsUnavailableWhileTheDiskIsFull) {
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(1)));
  troubles.trouble = Trouble::disk_full;
  EXPECT_EQ(append(stream_of("a"), 1, events_of(1)).error(), StoreError::outcome_unknown);
  EXPECT_EQ(append(stream_of("a"), 1, events_of(1)).error(), StoreError::unavailable);
  EXPECT_EQ(append(stream_of("b"), 0, events_of(1)).error(), StoreError::unavailable);
  EXPECT_EQ(read(stream_of("a"))->size(), 1u);
  EXPECT_EQ(store->metrics().writable.value(), 0);
  EXPECT_EQ(store->metrics().broken.value(), 0) << "room is all that it needs";
  troubles.trouble = Trouble::none;
}

TEST_F(RocksStore, TellsNobodyWhatDependedOnAFailedWrite) {
  open();
  std::vector<Stored> answers;
  troubles.syncs.close();
  issue(Append(stream_of("first"), 0, events_of(1)), answers);
  troubles.syncs.await();
  const Append winner(stream_of("a"), 0, events_of(1));
  issue(winner, answers);
  issue(Append(stream_of("a"), 0, events_of(1)), answers);
  issue(winner, answers);
  troubles.log_syncs_until_failure = troubles.log_syncs.load();
  troubles.syncs.open();
  run_all();
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_TRUE(answers[0]) << "its sync had begun";
  EXPECT_EQ(answers[1].error(), StoreError::outcome_unknown);
  EXPECT_EQ(answers[2].error(), StoreError::unavailable) << "it lost against something that may not exist";
  EXPECT_EQ(answers[3].error(), StoreError::outcome_unknown);
}

TEST_F(RocksStore, GoesOnWithoutARestartOnceTheDiskIsWellAgain) {
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(1), es::Fence{"f", 5}));
  for (int time = 0; time < 3; ++time) {
    troubles.trouble = Trouble::io_error;
    const auto unknown = events_of(1);
    const auto version = read(stream_of("a"))->size();
    EXPECT_EQ(append(stream_of("a"), version, unknown).error(), StoreError::outcome_unknown);
    EXPECT_EQ(append(stream_of("a"), version, unknown).error(), StoreError::unavailable);
    EXPECT_EQ(read(stream_of("a"))->size(), version) << "reads go on";
    troubles.trouble = Trouble::none;
    const auto retried = append(stream_of("a"), version, unknown);
    ASSERT_TRUE(retried) << retried.error().message();
    EXPECT_EQ(read(stream_of("a"))->size(), version + 1);
    EXPECT_EQ(append(stream_of("a"), version + 1, events_of(1), es::Fence{"f", 4}).error(),
              StoreError::fenced);
  }
}

TEST_F(RocksStore, SaysWhatIsWrongToTheLogAndNothingToStandardError) {
  std::mutex mutex;
  std::vector<telemetry::LogLine> lines;
  log_to = [&](const telemetry::LogLine& line) {
    const std::lock_guard lock(mutex);
    lines.push_back(line);
  };
  testing::internal::CaptureStderr();
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(1)));
  EXPECT_TRUE(run(context, store->checkpoint(images.path() / "copy")));
  EXPECT_TRUE(lines.empty()) << "a copy is nothing to warn of: " << lines.front().text;
  troubles.trouble = Trouble::io_error;
  EXPECT_FALSE(append(stream_of("a"), 1, events_of(1)));
  troubles.trouble = Trouble::none;
  EXPECT_TRUE(append(stream_of("b"), 0, events_of(1)));
  store.reset();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");

  bool rocksdb_said_so = false, store_said_so = false;
  for (const telemetry::LogLine& line : lines) {
    EXPECT_EQ(line.event, "store");
    EXPECT_EQ(line.text.find('\n'), std::string::npos);
    rocksdb_said_so |= line.text.starts_with("rocksdb: ") && line.text.find("told so") != std::string::npos;
    store_said_so |= line.text == "event store: opened anew after a failed write";
  }
  EXPECT_TRUE(rocksdb_said_so);
  EXPECT_TRUE(store_said_so);
}

TEST_F(RocksStore, CreatesNothingInThePlaceOfFilesThatAreGone) {
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(1)));
  troubles.trouble = Trouble::io_error;
  EXPECT_EQ(append(stream_of("a"), 1, events_of(1)).error(), StoreError::outcome_unknown);
  troubles.trouble = Trouble::none;
  const fs::path aside = images.path() / "aside";
  fs::rename(directory.path(), aside);
  fs::create_directory(directory.path());
  EXPECT_EQ(append(stream_of("a"), 1, events_of(1)).error(), StoreError::unavailable);
  EXPECT_EQ(log(0).error(), StoreError::unavailable);
  EXPECT_EQ(store->metrics().broken.value(), 1);
  fs::remove_all(directory.path());
  fs::rename(aside, directory.path());
  EXPECT_TRUE(append(stream_of("b"), 0, events_of(1))) << "it is tried again";
  EXPECT_EQ(store->metrics().broken.value(), 0);
  EXPECT_FALSE(read(stream_of("a"))->empty());
}

TEST_F(RocksStore, StoresTheEventsOfAFailedSyncOnceOrNotAtAll) {
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(1)));
  troubles.trouble = Trouble::io_error;
  const auto unknown = events_of(2);
  EXPECT_EQ(append(stream_of("a"), 1, unknown).error(), StoreError::outcome_unknown);
  EXPECT_EQ(append(stream_of("a"), 1, events_of(1)).error(), StoreError::unavailable);
  EXPECT_EQ(read(stream_of("a"))->size(), 1u) << "reads go on";
  EXPECT_EQ(store->metrics().broken.value(), 0) << "its files are open";
  troubles.trouble = Trouble::none;
  open();
  const auto found = read(stream_of("a"))->size();
  EXPECT_TRUE(found == 1 || found == 3) << found;
  EXPECT_TRUE(append(stream_of("a"), 1, unknown));
  EXPECT_EQ(read(stream_of("a"))->size(), 3u);
}

// -- A process that was killed, files that were damaged

TEST_F(RocksStore, FindsEverythingAcknowledgedAfterACrash) {
  open();
  for (es::Version version = 0; version < 20; ++version)
    ASSERT_TRUE(append(stream_of("a"), version, events_of(1)));
  ASSERT_TRUE(append(stream_of("b"), 0, events_of(3), es::Fence{"f", 5}));
  const auto a = read(stream_of("a")).value();
  const auto b = read(stream_of("b")).value();
  open(crash_image());
  EXPECT_TRUE(same(read(stream_of("a")).value(), a));
  EXPECT_TRUE(same(read(stream_of("b")).value(), b));
  EXPECT_EQ(append(stream_of("a"), 19, events_of(1)).error(), StoreError::version_conflict);
  EXPECT_EQ(append(stream_of("a"), 20, events_of(1), es::Fence{"f", 4}).error(), StoreError::fenced);
  EXPECT_TRUE(append(stream_of("a"), 20, events_of(1)));
}

TEST_F(RocksStore, LosesOnlyWhatWasNotAcknowledgedToATornLog) {
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(1)));
  const fs::path before = crash_image();
  ASSERT_TRUE(append(stream_of("a"), 1, events_of(1)));
  const fs::path after = crash_image();
  const auto acknowledged = fs::file_size(newest_log(before));
  const auto whole = fs::file_size(newest_log(after));
  ASSERT_GT(whole, acknowledged);
  for (auto size = acknowledged; size < whole; size += 29) {
    const fs::path torn = copy_of(after);
    fs::resize_file(newest_log(torn), size);
    open(torn);
    EXPECT_EQ(read(stream_of("a"))->size(), 1u) << size;
  }
  open(after);
  EXPECT_EQ(read(stream_of("a"))->size(), 2u);
}

TEST_F(RocksStore, HasATrimWholeOrNotAtAllIfItsLogIsTorn) {
  open();
  const auto stored = append(stream_of("a"), 0, events_of(20)).value();
  const auto before = fs::file_size(newest_log(crash_image()));
  ASSERT_TRUE(run(context, store->trim(es::Trim(stream_of("a"), 19, event_of("BaselineTaken")))));
  const auto trimmed = read(stream_of("a")).value();
  const fs::path after = crash_image();
  const auto whole = fs::file_size(newest_log(after));
  for (auto size = before; size < whole; size += 97) {
    const fs::path torn = copy_of(after);
    fs::resize_file(newest_log(torn), size);
    open(torn);
    EXPECT_TRUE(same(read(stream_of("a")).value(), *stored)) << size;
    EXPECT_EQ(log(es::partition_of(stream_of("a"), partitions))->events->size(), 20u);
  }
  open(after);
  EXPECT_TRUE(same(read(stream_of("a")).value(), trimmed));
  EXPECT_EQ(log(es::partition_of(stream_of("a"), partitions))->events->size(), 2u);
}

TEST_F(RocksStore, RefusesToStartIfAcknowledgedEventsAreDamaged) {
  open();
  for (es::Version version = 0; version < 20; ++version)
    ASSERT_TRUE(append(stream_of("a"), version, events_of(1)));
  const fs::path image = crash_image();
  std::fstream file(newest_log(image), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(fs::file_size(newest_log(image)) / 2));
  file.write("damage", 6);
  file.close();
  EXPECT_NE(refusal(image).find("Corruption"), std::string::npos);
}

// Where the records of a log of one block begin.
std::vector<std::size_t> records_of(const std::string& log) {
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at + 7 <= log.size();) {
    places.push_back(at);
    at += 7 + static_cast<std::uint8_t>(log[at + 4]) + 256u * static_cast<std::uint8_t>(log[at + 5]);
  }
  return places;
}

TEST_F(RocksStore, RefusesToStartIfTheLengthOfARecordAtTheEndOfItsLogIsDamaged) {
  open();
  for (es::Version version = 0; version < 20; ++version)
    ASSERT_TRUE(append(stream_of("a"), version, events_of(1)));
  const fs::path image = crash_image();
  std::ifstream in(newest_log(image), std::ios::binary);
  const std::string log((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  ASSERT_LT(log.size(), 32u * 1024);
  const std::vector<std::size_t> records = records_of(log);
  ASSERT_GT(records.size(), 20u);
  for (const std::size_t record : {records[5], records[records.size() - 2], records.back()}) {
    for (int bit = 0; bit < 16; bit += 3) {
      std::string damaged = log;
      damaged[record + 4 + static_cast<std::size_t>(bit / 8)] ^= static_cast<char>(1 << bit % 8);
      const fs::path copy = copy_of(image);
      std::ofstream(newest_log(copy), std::ios::binary) << damaged;
      EXPECT_NE(refusal(copy).find("Corruption"), std::string::npos) << record << ", bit " << bit;
    }
  }
  EXPECT_EQ(refusal(image), "");
  EXPECT_EQ(read(stream_of("a"))->size(), 20u);
}

TEST_F(RocksStore, MakesItsIndexAgainIfItIsGone) {
  open();
  for (es::Version version = 0; version < 20; ++version)
    ASSERT_TRUE(append(stream_of("a"), version, events_of(1)));
  const auto stored = read(stream_of("a")).value();
  store.reset();
  {
    Files closed(directory.path());
    ASSERT_TRUE(closed.db().DropColumnFamily(closed.family(family::index)).ok());
  }
  open();
  EXPECT_TRUE(same(read(stream_of("a")).value(), stored));
  EXPECT_EQ(append(stream_of("a"), 19, events_of(1)).error(), StoreError::version_conflict);
  EXPECT_TRUE(append(stream_of("a"), 20, events_of(1)));
}

TEST_F(RocksStore, MakesItsIndexAgainIfItIsDamaged) {
  open();
  for (es::Version version = 0; version < 20; ++version)
    ASSERT_TRUE(append(stream_of("a"), version, events_of(1)));
  const auto stored = read(stream_of("a")).value();
  store.reset();
  const std::vector<fs::path> tables = tables_of(family::index);
  ASSERT_FALSE(tables.empty());
  for (const fs::path& table : tables) damage(table, 8);

  read_only = true;
  open();
  EXPECT_EQ(read(stream_of("a")).error(), StoreError::corrupt);
  EXPECT_NE(store->damage().find(tables.back().filename().string()), std::string::npos) << store->damage();
  EXPECT_EQ(log(es::partition_of(stream_of("a"), partitions))->events->size(), 20u) << "the log is whole";

  read_only = false;
  testing::internal::CaptureStderr();
  open();
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("its index is damaged, and made again from the log"), std::string::npos) << said;
  EXPECT_TRUE(same(read(stream_of("a")).value(), stored));
  EXPECT_TRUE(append(stream_of("a"), 20, events_of(1)));
  testing::internal::CaptureStderr();
  open();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "once";
}

TEST_F(RocksStore, ReadsALogUpToWhatIsDamagedAndBehindIt) {
  open();
  const auto partition = es::partition_of(stream_of("a"), partitions);
  for (es::Version version = 0; version < 400; version += 10)
    ASSERT_TRUE(append(stream_of("a"), version, events_of(10)));
  store.reset();
  const fs::path table = tables_of(family::log).back();
  damage(table, fs::file_size(table) / 2);
  read_only = true;
  open();
  const auto before = log(partition).value();
  ASSERT_GT(before.events->size(), 0u);
  ASSERT_LT(before.events->size(), 400u);
  EXPECT_EQ(before.next, before.events->back().position.offset + 1);
  const auto read_from = [&](es::Offset from) {
    return run(context, store->read_partition(partition, from, 1000));
  };
  EXPECT_EQ(read_from(before.next).error(), StoreError::corrupt);
  EXPECT_NE(store->damage().find(table.filename().string()), std::string::npos) << store->damage();
  es::Offset from = before.next + 1;
  while (from < 400 && !read_from(from)) ++from;
  EXPECT_LT(from, 400u);
  EXPECT_EQ(read_from(from)->events->back().position.offset, 400u);
}

TEST_F(RocksStore, RefusesToStartIfItsLogIsShorterThanItsIndexKnows) {
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(3)));
  store.reset();
  {
    Files closed(directory.path());
    const auto key = log_key({es::partition_of(stream_of("a"), partitions), 3});
    ASSERT_TRUE(closed.db().Delete({}, closed.family(family::log), key).ok());
  }
  EXPECT_NE(refusal(directory.path()).find("corrupt"), std::string::npos);
}

TEST_F(RocksStore, RefusesToStartInPlaceOfFilesWhoseCurrentIsGone) {
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(3)));
  store.reset();
  const std::string current = directory.path() / "CURRENT", aside = images.path() / "CURRENT";
  fs::rename(current, aside);
  EXPECT_NE(refusal(directory.path()).find("its file CURRENT is missing"), std::string::npos);
  EXPECT_FALSE(fs::exists(current));
  fs::rename(aside, current);
  open();
  EXPECT_EQ(read(stream_of("a"))->size(), 3u) << "nothing was removed";
}

TEST_F(RocksStore, RefusesToStartInPlaceOfTablesWhoseCurrentIsGone) {
  std::ofstream(directory.path() / "000018.sst") << "events";
  EXPECT_NE(refusal(directory.path()).find("but 000018.sst is there"), std::string::npos);
  EXPECT_TRUE(fs::exists(directory.path() / "000018.sst"));
}

TEST_F(RocksStore, GoesOnWithACreationThatWasInterrupted) {
  std::ofstream(directory.path() / "MANIFEST-000001") << "torn";
  open();
  EXPECT_TRUE(append(stream_of("a"), 0, events_of(1)));
}

TEST_F(RocksStore, ServesNothingFromADamagedRecord) {
  open();
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(3)));
  ASSERT_TRUE(append(stream_of("a", "links"), 0, events_of(1)));
  const auto partition = es::partition_of(stream_of("a"), partitions);
  for (const bool copied : {false, true}) {
    store.reset();
    {
      Files closed(directory.path());
      // The second is a good record, at the wrong place.
      const std::string value = copied ? closed.get(family::log, log_key({partition, 1})) : "damage";
      ASSERT_TRUE(closed.db().Put({}, closed.family(family::log), log_key({partition, 2}), value).ok());
    }
    open();
    EXPECT_EQ(read(stream_of("a")).error(), StoreError::corrupt);
    EXPECT_EQ(log(partition)->next, 2u);
    EXPECT_EQ(run(context, store->read_partition(partition, 2, 10)).error(), StoreError::corrupt);
    EXPECT_EQ(append(stream_of("a"), 1, events_of(1)).error(), StoreError::corrupt);
    EXPECT_EQ(read(stream_of("a", "links"))->size(), 1u);
  }
}

// -- What a store is

TEST_F(RocksStore, KeepsTheNumberOfItsPartitions) {
  open(directory.path(), 4);
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(1)));
  open(directory.path(), 16);
  EXPECT_EQ(store->partitions(), 4u);
  EXPECT_EQ(read(stream_of("a"))->size(), 1u);
}

TEST_F(RocksStore, HasANameOfItsOwnAndADateOfBirth) {
  open();
  store.reset();
  std::string name, created;
  {
    Files closed(directory.path());
    EXPECT_EQ(closed.get("default", meta::schema), "2");
    EXPECT_EQ(closed.get("default", meta::partitions), "4");
    name = closed.get("default", meta::store);
    created = closed.get("default", meta::created);
    EXPECT_EQ(name.size(), 36u);
    EXPECT_EQ(created.size(), 24u);
  }
  open();
  store.reset();
  Files closed(directory.path());
  EXPECT_EQ(closed.get("default", meta::store), name);
  EXPECT_EQ(closed.get("default", meta::created), created);
}

TEST_F(RocksStore, RefusesAStoreOfANewerRelease) {
  open();
  store.reset();
  {
    Files closed(directory.path());
    ASSERT_TRUE(closed.db().Put({}, meta::schema, "3").ok());
  }
  const std::string why = refusal(directory.path());
  EXPECT_NE(why.find("it has schema 3, this release knows schemas up to 2"), std::string::npos) << why;
  EXPECT_NE(why.find(directory.path().string()), std::string::npos) << why;
}

TEST_F(RocksStore, UpgradesAStoreOfSchema1InItsPlace) {
  open();
  const auto stored = append(stream_of("a"), 0, events_of(3)).value();
  store.reset();
  {
    Files closed(directory.path());
    ASSERT_TRUE(closed.db().Put({}, meta::schema, "1").ok());
  }
  open();
  EXPECT_TRUE(same(read(stream_of("a")).value(), *stored));
  store.reset();
  Files closed(directory.path());
  EXPECT_EQ(closed.get("default", meta::schema), "2");
}

std::uintmax_t bytes_in(const fs::path& path) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    std::error_code gone;  // files come and go
    const std::uintmax_t size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

// The copy that somebody asked for meanwhile does not wait for it, which may take minutes.
TEST_F(RocksStore, GivesTheRoomOfWhatWasTrimmedBackAndMakesACopyMeanwhile) {
  compaction_events_min = 100;
  open();
  for (es::Version version = 0; version < 400; version += 20) {
    std::vector<es::NewEvent> events;
    for (int index = 0; index < 20; ++index) events.push_back(event_of("Big", random_bytes(16 * 1024)));
    ASSERT_TRUE(append(stream_of("a"), version, std::move(events)));
  }
  ASSERT_TRUE(append(stream_of("b"), 0, events_of(3)));
  EXPECT_GT(bytes_in(directory.path()), 400u * 16 * 1024);
  troubles.compactions.close();
  ASSERT_TRUE(run(context, store->trim(es::Trim(stream_of("a"), 400, event_of("BaselineTaken")))));
  troubles.compactions.await();
  ASSERT_TRUE(run(context, store->checkpoint(images.path() / "copy")));
  troubles.compactions.open();
  troubles.await_deletions([&] { return bytes_in(directory.path()) < 400u * 16 * 1024 / 4; });
  EXPECT_EQ(read(stream_of("a"))->size(), 1u);
  EXPECT_EQ(read(stream_of("b"))->size(), 3u);
}

TEST_F(RocksStore, MakesACopyOfItselfWhileItRuns) {
  open();
  const auto stored = append(stream_of("a"), 0, events_of(50), es::Fence{"default/a/1", 5}).value();
  ASSERT_TRUE(run(context, store->checkpoint(images.path() / "copy")));
  ASSERT_TRUE(append(stream_of("a"), 50, events_of(1)));
  EXPECT_EQ(run(context, store->checkpoint(images.path() / "copy")).error(), es::StoreError::unavailable)
      << "it is there already";
  open(images.path() / "copy");
  EXPECT_TRUE(same(read(stream_of("a")).value(), *stored));
  EXPECT_EQ(append(stream_of("a"), 50, events_of(1), es::Fence{"default/a/1", 4}).error(),
            es::StoreError::fenced);
  EXPECT_TRUE(append(stream_of("a"), 50, events_of(1)));
}

TEST_F(RocksStore, IsReadAsItIsAfterACrashAndNothingIsWritten) {
  open();
  const auto stored = append(stream_of("a"), 0, events_of(3)).value();
  const es::Position last = stored->back().position;
  const fs::path image = crash_image();
  const auto names = [](const fs::path& path) {
    std::set<std::pair<std::string, std::uintmax_t>> found;
    for (const auto& file : fs::directory_iterator(path))
      found.emplace(file.path().filename(), file.file_size());
    return found;
  };
  const auto before = names(image);
  read_only = true;
  open(image);
  EXPECT_TRUE(same(*log(last.partition)->events, *stored));
  EXPECT_LT(store->indexed(last.partition), last.offset) << "it was in memory only";
  EXPECT_EQ(append(stream_of("a"), 3, events_of(1)).error(), StoreError::unavailable);
  EXPECT_EQ(names(image), before);
  EXPECT_NE(refusal(images.path() / "nothing"), "");
  EXPECT_FALSE(fs::exists(images.path() / "nothing"));
  read_only = false;
  open(image);
  EXPECT_EQ(store->indexed(last.partition), last.offset);
}

TEST_F(RocksStore, RefusesAStoreThatIsOpenAlready) {
  open();
  Options options;
  options.path = directory.path();
  EXPECT_THROW(RocksEventStore{options}, std::runtime_error);
}

TEST_F(RocksStore, RefusesAPlaceThatIsNoDirectory) {
  std::ofstream(images.path() / "file") << "a file";
  EXPECT_NE(refusal(images.path() / "file").find("file"), std::string::npos);
  EXPECT_NE(refusal(images.path() / "file" / "below").find("file"), std::string::npos);
}

TEST_F(RocksStore, HasOneToSixteenPartitions) {
  EXPECT_THROW(open(directory.path(), 0), std::runtime_error);
  EXPECT_THROW(open(directory.path(), 17), std::runtime_error);
}

// Stored: whoever changes one of these keys loses every store.
TEST(Layout, HasTheseKeysForEver) {
  const auto hex = [](const std::string& key) { return to_hex(as_bytes(key)); };
  EXPECT_EQ(hex(log_key({2, 0x0102})), "00020000000000000102");
  EXPECT_EQ(hex(index_key(es::StreamId(es::Tenant("t"), "d", 1, "n"), 3)),
            "0007742f642f312f6e0000000000000003");
  EXPECT_EQ(hex(marker_key(5)), "00000005");
  EXPECT_EQ(hex(number_value(0x0102)), "0000000000000102");
}

}  // namespace
}  // namespace ocf::store_rocksdb
