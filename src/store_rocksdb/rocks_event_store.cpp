#include "store_rocksdb/rocks_event_store.hpp"

#include "base/assert.hpp"
#include "store_rocksdb/committer.hpp"
#include "store_rocksdb/database.hpp"
#include "store_rocksdb/waiter.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <mutex>
#include <utility>
#include <variant>

namespace ocf::store_rocksdb {
namespace {

// One thread that may wait for the disk.
class DiskThread {
 public:
  bool closed() {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

  // Work that nobody waits for.
  void post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (!closed_) boost::asio::post(thread_, std::move(work));
  }

  // Work that was taken is done, even while close() waits for it. Answers `closed` after that.
  template <class T>
  es::awaitable<Result<T>> read(std::function<Result<T>()> work) {
    auto start = [this, &work](auto handler) {
      submit<T>(std::move(work), Waiter<Result<T>>(std::move(handler)));
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<T>)>(
        start, boost::asio::use_awaitable);
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    thread_.join();
  }

 private:
  template <class T>
  void submit(std::function<Result<T>()> work, Waiter<Result<T>> waiter) {
    const std::lock_guard lock(mutex_);
    if (closed_) return waiter.complete(es::StoreError::closed);
    boost::asio::post(
        thread_, [work = std::move(work), waiter = std::move(waiter)]() mutable { waiter.complete(work()); });
  }

  std::mutex mutex_;
  bool closed_ = false;  // mutex_
  boost::asio::thread_pool thread_{1};
};

}  // namespace

struct RocksEventStore::Parts {
  explicit Parts(const Options& options)
      : database(options),
        read_only(options.read_only),
        compaction_events_min(options.compaction_events_min),
        committer(database, options, metrics, [this](std::size_t events) { trimmed(events); }) {}

  // On the committer's thread. A compaction writes what it keeps anew, so it waits for enough to give back.
  void trimmed(std::size_t events) {
    trimmed_events += events;
    if (trimmed_events < compaction_events_min || trimmed_events < database.estimated_events() / 4) return;
    trimmed_events = 0;
    compactor.post([this] { database.compact(); });
  }

  Metrics metrics;
  Database database;
  const bool read_only;
  const std::size_t compaction_events_min;
  std::size_t trimmed_events = 0;  // since the last compaction; of the committer's thread
  DiskThread reader, compactor, copier;
  Committer committer;
};

RocksEventStore::RocksEventStore(const Options& options) : parts_(std::make_unique<Parts>(options)) {}

RocksEventStore::~RocksEventStore() { close(); }

void RocksEventStore::close() {
  parts_->committer.close();
  parts_->database.cancel_compaction();
  parts_->compactor.close();
  parts_->copier.close();
  parts_->reader.close();
  parts_->database.flush_index();
}

es::Partition RocksEventStore::partitions() const { return parts_->database.partitions(); }
es::Offset RocksEventStore::indexed(es::Partition partition) const {
  return parts_->database.indexed(partition);
}
std::string RocksEventStore::damage() const { return parts_->database.damage(); }
const Metrics& RocksEventStore::metrics() const { return parts_->metrics; }
Properties RocksEventStore::properties() const { return parts_->database.properties(); }

es::awaitable<Result<std::vector<es::RecordedEvent>>> RocksEventStore::read(es::StreamId stream,
                                                                            es::Version after) {
  using Events = std::vector<es::RecordedEvent>;
  if (parts_->reader.closed()) co_return es::StoreError::closed;
  if (auto at_hand = parts_->database.read(stream, after, Reach::memory)) co_return std::move(*at_hand);
  std::function<Result<Events>()> work = [this, stream, after] {
    return std::move(*parts_->database.read(stream, after, Reach::disk));
  };
  co_return co_await parts_->reader.read<Events>(std::move(work));
}

es::awaitable<Result<es::EventBatch>> RocksEventStore::append(es::Append append) {
  OCF_ASSERT(!append.events.empty(), "an append stores at least one event");
  if (const auto storable = es::check(append); !storable) co_return storable.error();
  if (parts_->read_only) co_return es::StoreError::unavailable;
  auto start = [this, &append](auto handler) {
    parts_->committer.submit(std::move(append), Waiter<Committer::Stored>(std::move(handler)));
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>,
                                                 void(Committer::Stored)>(start, boost::asio::use_awaitable);
}

es::awaitable<Result<void>> RocksEventStore::trim(es::Trim trim) {
  if (const auto storable = es::check(trim); !storable) co_return storable.error();
  if (parts_->read_only) co_return es::StoreError::unavailable;
  auto start = [this, &trim](auto handler) {
    parts_->committer.submit(std::move(trim), Waiter<Result<void>>(std::move(handler)));
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<void>)>(
      start, boost::asio::use_awaitable);
}

es::awaitable<Result<void>> RocksEventStore::checkpoint(std::filesystem::path to) {
  using Made = std::monostate;
  std::function<Result<Made>()> work = [this, to]() -> Result<Made> {
    const auto made = parts_->database.checkpoint(to);
    if (!made) return made.error();
    return Made();
  };
  const auto made = co_await parts_->copier.read<Made>(std::move(work));
  if (!made) co_return made.error();
  co_return Result<void>();
}

es::awaitable<Result<es::LogSlice>> RocksEventStore::read_partition(es::Partition partition, es::Offset from,
                                                                    std::size_t limit) {
  OCF_ASSERT(partition < partitions(), "the caller knows partitions()");
  std::function<Result<es::LogSlice>()> work = [this, partition, from, limit] {
    return parts_->database.read_partition(partition, from, limit);
  };
  co_return co_await parts_->reader.read<es::LogSlice>(std::move(work));
}

}  // namespace ocf::store_rocksdb
