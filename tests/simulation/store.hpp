// The simulated event store: one process's view of the disk, with everything that a store may do to its
// callers, and the moments at which a process dies.
#pragma once

#include "es/event_store.hpp"
#include "store_memory/memory_event_store.hpp"
#include "tests/simulation/defect.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ocf::simulation {

// What goes wrong, per mille of the appends.
struct StoreTroubles {
  Pause delay_max{3'000};
  bool full = false;       // nothing is stored: unavailable
  bool away = false;       // nothing is read either
  unsigned conflicts = 0;  // somebody else was quicker, it says
  unsigned unknown = 0;    // stored or not: it does not say
  unsigned crashes = 0;    // per mille of the commits: the process dies before, within or after one
};

// Every event whose storing was acknowledged, to whoever asked for it. Survives every hub.
using Acknowledged = std::map<es::EventId, es::RecordedEvent>;

// Whether the stored name is that of an end of a command.
bool is_terminal(std::string_view event_type);

// Lives as long as its hub. Writes in groups, as RocksEventStore does: what comes while a group is written
// waits for the next.
class Store final : public es::EventStore {
 public:
  struct Parts {
    World& world;
    Disk& disk;
    const StoreTroubles& troubles;
    Acknowledged& acknowledged;
    Defect defect;
    std::function<void(std::string_view when)> crash;               // kills the hub, and so this
    std::function<void(const es::EventBatch&)> announce_too_early;  // of Defect::announces_early
  };
  static constexpr es::Partition partition_count = 3;

  explicit Store(Parts parts) : parts_(std::move(parts)) {}

  // Reads the disk. Errors: corrupt (the frames do not make a log).
  es::awaitable<Result<void>> open();
  // The process is gone: nothing is written any more, and whoever waits is told `closed`.
  void die();
  // Nothing of it runs any more.
  bool is_idle() const { return !committing_; }

  es::Partition partitions() const override { return partition_count; }
  es::awaitable<Result<std::vector<es::RecordedEvent>>> read(es::StreamId stream, es::Version after) override;
  es::awaitable<Result<es::EventBatch>> append(es::Append append) override;
  es::awaitable<Result<void>> trim(es::Trim trim) override;
  es::awaitable<Result<es::LogSlice>> read_partition(es::Partition partition, es::Offset from,
                                                     std::size_t limit) override;

  // Everything that is stored, without troubles.
  store_memory::MemoryEventStore& log() { return log_; }
  // What was trimmed or replaced, as it was.
  const std::map<es::Position, es::RecordedEvent>& trimmed() const { return trimmed_; }

 private:
  struct Waiting;

  es::awaitable<void> commit();
  es::awaitable<Result<es::EventBatch>> store(es::Append append);
  es::awaitable<Result<void>> trim_log(es::Trim trim);
  es::awaitable<Error> hindrance();
  void announce_early();
  void answer_all();
  es::awaitable<void> end_again(Stored& stored);

  const Parts parts_;
  store_memory::MemoryEventStore log_{partition_count};
  std::map<es::Position, es::RecordedEvent> trimmed_;
  std::vector<es::Offset> written_ = std::vector<es::Offset>(partition_count, 0);
  std::vector<Waiting*> queue_;  // in the frames of append()
  std::vector<Waiting*> group_;  // is being written
  bool committing_ = false;
  bool dead_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // what happens later looks whether this is gone
};

}  // namespace ocf::simulation
