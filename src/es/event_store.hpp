// The seam to whatever keeps the events. Plugs: store_memory/, store_rocksdb/; each passes
// tests/contract/event_store_contract.hpp.
#pragma once

#include "base/result.hpp"
#include "es/error.hpp"
#include "es/event.hpp"
#include "es/stream_id.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocf::es {

template <class T>
using awaitable = boost::asio::awaitable<T>;

// Which session of a device an append speaks for. The store keeps the highest epoch it has seen per key; an
// append with a higher one raises it, one with a lower one is refused. Key: "<tenant>/<di>/<registration>".
struct Fence {
  std::string key;
  std::uint64_t epoch = 0;
};

// Explicit constructor: it travels through awaits (see StrongText).
struct Append {
  Append(StreamId stream_, Version expected_, std::vector<NewEvent> events_, std::optional<Fence> fence_ = {})
      : stream(std::move(stream_)),
        expected(expected_),
        events(std::move(events_)),
        fence(std::move(fence_)) {}

  StreamId stream;
  Version expected;              // of the stream before this append; 0: it must not exist
  std::vector<NewEvent> events;  // at least one; stored together or not at all
  std::optional<Fence> fence;
};

// Whether the append can be stored and read again: every plug asks this first. Errors: malformed_event (a
// text that is not UTF-8, or a stream id of more than stream_id_bytes_max).
Result<void> check(const Append& append);
inline constexpr std::size_t stream_id_bytes_max = 4096;

// The type of an event that stands for all before it in its stream begins so. Stored: never rename.
inline constexpr std::string_view baseline_prefix = "Baseline";
inline bool is_baseline(const NewEvent& event) { return event.type.starts_with(baseline_prefix); }

// The beginning of a stream that goes. Explicit constructor: as Append.
struct Trim {
  Trim(StreamId stream_, Version first_, NewEvent baseline_)
      : stream(std::move(stream_)), first(first_), baseline(std::move(baseline_)) {}

  StreamId stream;
  Version first;      // the oldest version that stays
  NewEvent baseline;  // what is there from then on: the state as of that version. Its time is not used
};

// Whether the baseline can be stored and read again, as above. Errors: malformed_event (also if its type does
// not begin with baseline_prefix).
Result<void> check(const Trim& trim);

// A piece of a partition's log. `next` is where to go on reading: behind the last event, or behind a hole
// that trimming left, so that nobody asks for the same hole for ever.
struct LogSlice {
  EventBatch events;  // never null
  Offset next = 1;
};

// Owns nothing of its callers. Called on any shard; an awaited function resumes on the caller's executor.
// Everything that read() or read_partition() returns is durable.
class EventStore {
 public:
  virtual ~EventStore() = default;

  // The number of partitions, chosen when the store was created; 1 to 16.
  virtual Partition partitions() const = 0;

  // The events of a stream with a version above `after`, in order; at most 1,000, so call again from the last
  // version until the answer is empty. The first one may lie further on: then it is a baseline. Errors:
  // unavailable, corrupt, closed.
  virtual awaitable<Result<std::vector<RecordedEvent>>> read(StreamId stream, Version after) = 0;

  // Stores the events with the next versions and positions, and returns them recorded once they are durable.
  // Appends to one partition become visible in the order of their offsets. An append whose event ids equal
  // those already stored at these versions is answered as if it had just been stored, fenced since or not; a
  // fence is asked before the version. Cancellation leaves the outcome unknown. Errors: malformed_event,
  // fenced, version_conflict, unavailable, outcome_unknown, closed.
  virtual awaitable<Result<EventBatch>> append(Append append) = 0;

  // Removes the events of a stream with a version below `first` and puts the baseline in the place of the
  // event at `first`: version, position and time stay. All of it is durable at once, or none; a repeated trim
  // has the same outcome, and one behind which the stream begins already changes nothing. Version, fences and
  // the order of the log are not touched. Errors: malformed_event, version_conflict (no such version yet),
  // unavailable, outcome_unknown, corrupt, closed.
  virtual awaitable<Result<void>> trim(Trim trim) = 0;

  // At most `limit` events of a partition from offset `from` (first: 1) on; what was trimmed is passed over.
  // Errors: unavailable, corrupt, closed.
  virtual awaitable<Result<LogSlice>> read_partition(Partition partition, Offset from, std::size_t limit) = 0;
};

}  // namespace ocf::es
