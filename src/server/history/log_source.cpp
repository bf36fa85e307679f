#include "server/history/log_source.hpp"

#include "account/holder.hpp"
#include "base/bytes.hpp"
#include "device/device.hpp"
#include "links/links.hpp"
#include "net/clock.hpp"
#include "resource/resource.hpp"
#include "server/admin/admin_client.hpp"
#include "server/data_directory.hpp"
#include "server/exit.hpp"
#include "store_rocksdb/rocks_event_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace ocf::server {

namespace json = boost::json;

namespace {

constexpr std::size_t page = 1000;

class StoppedLog final : public LogSource {
 public:
  explicit StoppedLog(const std::filesystem::path& data) : lock_(data), store_(options(data)) {
    for (es::Partition partition = 0; partition < store_.partitions(); ++partition) {
      end_.next.push_back(~es::Offset{0});
      indexed_.next.push_back(store_.indexed(partition) + 1);
    }
  }

  es::Partition partitions() const override { return store_.partitions(); }
  const cloud::Cursor& end() const override { return end_; }
  Result<es::LogSlice> read_partition(es::Partition partition, es::Offset from, std::size_t limit) override {
    return wait_for(store_.read_partition(partition, from, limit));
  }
  const cloud::Cursor& indexed() const override { return indexed_; }
  std::optional<Result<std::vector<es::RecordedEvent>>> read(const es::StreamId& stream,
                                                             es::Version after) override {
    return wait_for(store_.read(stream, after));
  }
  std::string damage() const override { return store_.damage(); }

 private:
  template <class T>
  T wait_for(es::awaitable<T> work) {
    std::optional<T> result;
    boost::asio::co_spawn(context_, std::move(work), [&result](const std::exception_ptr& thrown, T value) {
      if (thrown) std::rethrow_exception(thrown);
      result.emplace(std::move(value));
    });
    while (!result) context_.run_one();
    return std::move(*result);
  }

  // Whoever asks may be root, and what root writes its hub could not open any more.
  static store_rocksdb::Options options(const std::filesystem::path& data) {
    store_rocksdb::Options options;
    options.path = data / "store";
    options.read_only = true;
    return options;
  }

  boost::asio::io_context context_;
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> working_{
      context_.get_executor()};
  const DataLock lock_;
  store_rocksdb::RocksEventStore store_;
  cloud::Cursor end_;  // nobody writes: the end is where nothing follows
  cloud::Cursor indexed_;
};

[[noreturn]] void not_a_log() {
  throw CommandFailure(Exit::failed, "The hub's answer is not a piece of its log; is it another release?");
}

class RunningLog final : public LogSource {
 public:
  RunningLog(std::filesystem::path data, const json::object& answer) : data_(std::move(data)) {
    const json::value* partitions = answer.if_contains("partitions");
    const json::value* cursor = answer.if_contains("cursor");
    if (partitions == nullptr || cursor == nullptr || !cursor->is_string()) not_a_log();
    boost::system::error_code impossible;
    partitions_ = partitions->to_number<es::Partition>(impossible);
    auto end = cloud::Cursor::parse(std::string_view(cursor->get_string()), partitions_);
    if (impossible || !end) not_a_log();
    end_ = std::move(*end);
  }

  es::Partition partitions() const override { return partitions_; }
  const cloud::Cursor& end() const override { return end_; }
  Result<es::LogSlice> read_partition(es::Partition partition, es::Offset from, std::size_t limit) override {
    const json::object answer =
        ask_hub(data_, {{"verb", "log"}, {"partition", partition}, {"from", from}, {"limit", limit}});
    if (answer.contains("corrupt")) return es::StoreError::corrupt;
    const json::value* records = answer.if_contains("records");
    const json::value* next = answer.if_contains("next");
    if (records == nullptr || !records->is_array() || next == nullptr) not_a_log();
    auto events = std::make_shared<std::vector<es::RecordedEvent>>();
    for (const json::value& record : records->get_array()) {
      const auto bytes = record.is_string() ? from_base64url(std::string_view(record.get_string()))
                                            : Result<Bytes>(BytesError::not_base64url);
      if (!bytes) not_a_log();
      auto recorded = es::decode_record(*bytes);
      if (!recorded) return recorded.error();
      events->push_back(std::move(*recorded));
    }
    boost::system::error_code impossible;
    es::LogSlice slice;
    slice.next = next->to_number<es::Offset>(impossible);
    slice.events = std::move(events);
    if (impossible) not_a_log();
    return slice;
  }
  const cloud::Cursor& indexed() const override { return end_; }
  std::optional<Result<std::vector<es::RecordedEvent>>> read(const es::StreamId&, es::Version) override {
    return std::nullopt;
  }
  std::string damage() const override { return ""; }

 private:
  std::filesystem::path data_;
  es::Partition partitions_ = 0;
  cloud::Cursor end_;
};

// Behind a place that cannot be read, offset by offset: what is damaged is a block of some ten events, unless
// it is much more. The index knows how far there is something.
void for_each_in(LogSource& log, es::Partition partition, es::Offset from, const Visit& visit,
                 const std::function<void(const Gap& gap)>& pass_over) {
  const es::Offset end = log.end().next[partition];
  const es::Offset known = std::min(end, log.indexed().next[partition]);
  std::optional<Gap> gap;
  for (es::Offset next = from; next < end;) {
    const auto slice = log.read_partition(partition, next, page);
    if (!slice) {
      if (!gap) gap = Gap{partition, next, 0, explained(log, slice.error())};
      if (++next >= known) break;
      continue;
    }
    if (gap && !slice->events->empty()) {
      gap->next = slice->events->front().position.offset;
      pass_over(*gap);
      gap.reset();
    }
    for (const es::RecordedEvent& recorded : *slice->events) {
      if (recorded.position.offset < end) visit(recorded);
    }
    if (slice->next <= next) break;
    next = slice->next;
  }
  if (gap) pass_over(*gap);
}

std::optional<json::object> ask_running(const std::filesystem::path& data) {
  try {
    return ask_hub(data, {{"verb", "log_end"}});
  } catch (const CommandFailure& failure) {
    if (failure.exit() == Exit::no_hub) return std::nullopt;
    throw;
  }
}

}  // namespace

std::unique_ptr<LogSource> open_log(const std::filesystem::path& data) {
  if (const auto answer = ask_running(data)) return std::make_unique<RunningLog>(data, *answer);
  if (!std::filesystem::exists(data / "store"))
    throw CommandFailure(Exit::no_hub, fmt::format("There is no hub's data in {}.", data.string()));
  try {
    return std::make_unique<StoppedLog>(data);
  } catch (const std::runtime_error& e) {
    throw CommandFailure(Exit::failed, e.what());
  }
}

std::string explained(const LogSource& log, const Error& error) {
  const std::string damage = error == es::StoreError::corrupt ? log.damage() : "";
  return damage.empty() ? error.message() : error.message() + ": " + damage;
}

void for_each_readable(LogSource& log, const cloud::Cursor& from, std::optional<es::Partition> only,
                       const Visit& visit, const std::function<void(const Gap& gap)>& pass_over) {
  for (es::Partition partition = 0; partition < log.partitions(); ++partition) {
    if (!only || *only == partition) for_each_in(log, partition, from.next[partition], visit, pass_over);
  }
}

void for_each_event(LogSource& log, const cloud::Cursor& from, const Visit& visit) {
  for_each_readable(log, from, std::nullopt, visit, [](const Gap& gap) {
    throw CommandFailure(
        Exit::failed,
        fmt::format(
            "The log cannot be read in partition {} from offset {} on: {}; see `ocf-cloud store verify`.",
            gap.partition, gap.first, gap.why));
  });
}

cloud::Cursor cursor_in(const LogSource& log, const std::string& text) {
  auto cursor = cloud::Cursor::parse(text, log.partitions());
  if (!cursor)
    throw CommandFailure(Exit::usage, fmt::format("'{}' is not a cursor of this hub's log.", text));
  return std::move(*cursor);
}

cloud::Point point_in(const LogSource& log, const std::string& text) {
  auto point = cloud::Point::parse(text, log.partitions());
  if (!point) {
    throw CommandFailure(
        Exit::usage,
        fmt::format("'{}' is neither a time, such as 2026-11-25T07:00:00Z, nor a cursor of this hub's log.",
                    text));
  }
  if (point->is_after(net::wall_now(), log.end()))
    throw CommandFailure(Exit::usage, fmt::format("'{}' lies in the future.", text));
  return std::move(*point);
}

cloud::Cursor beginning(const LogSource& log) {
  return {std::vector<es::Offset>(log.partitions(), es::Offset{1})};
}

bool is_of_device(const es::StreamId& stream) {
  const std::string_view name = stream.name();
  return device::key_of(stream) && (name == account::stream_name || name == device::stream_name ||
                                    name == links::stream_name || resource::href_of(stream));
}

}  // namespace ocf::server
