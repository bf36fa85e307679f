// Events, streams and directories for tests of event stores, and what runs a store's coroutines.
#pragma once

#include "base/random.hpp"
#include "es/event_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <utility>
#include <vector>

namespace ocf::es::contract {

inline StreamId stream_of(const std::string& device, std::string_view name = "device") {
  return StreamId(Tenant("default"), device, 1, name);
}

inline NewEvent event_of(std::string type, Bytes data = {0xa0}) {
  NewEvent event;
  event.id = EventId(random_uuid());
  event.type = std::move(type);
  event.data = std::move(data);
  event.time = Time(std::chrono::milliseconds(1'700'000'000'123));
  event.audit.principal = "user:alice";
  event.audit.owner = "alice";
  event.audit.correlation = CorrelationId("c0");
  event.audit.causation = "cause";
  event.audit.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  event.spoken = {7, 42};
  return event;
}

inline std::vector<NewEvent> events_of(std::size_t count) {
  std::vector<NewEvent> events;
  for (std::size_t index = 0; index < count; ++index) events.push_back(event_of("E" + std::to_string(index)));
  return events;
}

inline bool same(const RecordedEvent& left, const RecordedEvent& right) {
  const NewEvent& a = left.event;
  const NewEvent& b = right.event;
  return left.position == right.position && left.stream == right.stream && left.version == right.version &&
         a.id == b.id && a.type == b.type && a.data == b.data && a.time == b.time && a.audit == b.audit &&
         a.spoken == b.spoken;
}

inline bool same(const std::vector<RecordedEvent>& left, const std::vector<RecordedEvent>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const RecordedEvent& a, const RecordedEvent& b) { return same(a, b); });
}

// Exists as long as the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "ocf-store-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Runs the work to its end, and everything else that was spawned.
template <class T>
T run(boost::asio::io_context& context, awaitable<T> work) {
  std::optional<T> result;
  boost::asio::co_spawn(context, std::move(work), [&result](std::exception_ptr failed, T value) {
    if (failed) std::rethrow_exception(failed);
    result = std::move(value);
  });
  context.restart();
  context.run();
  return std::move(*result);
}

inline awaitable<void> append_once(EventStore& store, Append append,
                                   std::vector<Result<EventBatch>>& results) {
  results.push_back(co_await store.append(std::move(append)));
}

}  // namespace ocf::es::contract
