// Retention: of the past of resources only so much is kept; what is older gives way to a baseline at the
// beginning of each stream (docs/operations/embedded_store.md, ADR 13).
#pragma once

#include "base/limits.hpp"
#include "base/time.hpp"
#include "cloud/metrics.hpp"
#include "cloud/read_models.hpp"
#include "cloud/retained_bytes.hpp"
#include "es/event_store.hpp"
#include "net/clock.hpp"
#include "net/gate.hpp"
#include "resource/resource.hpp"
#include "telemetry/log.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ocf::cloud {

// Where one stream is to be cut.
struct Cut {
  es::Version first = 0;  // the oldest version that stays
  es::Position position;
  es::Position said;  // where the representation was known to be there
  resource::BaselineTaken baseline;
  std::string owner;             // whom the audit of the replaced event names
  std::vector<Weight> gone;      // what goes or is replaced, an earlier baseline among it
  std::uint64_t events() const;  // without the baseline
  std::uint64_t bytes() const;
};

// How far the stream of one resource may be trimmed: a fold of its oldest events. Pure; no store, no clock.
//
// A stream is cut where every command that was accepted before has ended: so none is lost, and a baseline has
// none to keep.
class TrimPlan {
 public:
  // Events of `before` or later stay.
  explicit TrimPlan(Time before) : before_(before) {}

  // Takes the next event of the stream. False: it stays, and so does everything behind it (too young, or not
  // readable in this release).
  bool add(const es::RecordedEvent& recorded);

  // The furthest cut by which something goes; nullopt: there is none. What is added later is planned from
  // there. Whether it was unpublished between `said` and `position` is the caller's to find out.
  std::optional<Cut> take();

 private:
  Time before_;
  resource::Resource::State state_;
  resource::BaselineTaken known_;
  es::Position said_;
  es::Version begin_ = 0;      // the oldest version there is
  std::vector<Weight> since_;  // the last cut
  std::size_t gone_ = 0;       // of those, the ones that cut_ removes
  std::optional<Cut> cut_;
};

// Lives on the cloud's shard; everything in Parts outlives it. All that it remembers is how far it looked: a
// new process begins at the front of the log.
class Retention {
 public:
  struct Parts {
    es::EventStore& store;
    const ReadModels& models;
    const Limits& limits;
    std::function<Time()> now;
    Metrics& metrics;
    telemetry::Log log;  // may be empty
  };
  explicit Retention(Parts parts);

  // Sweeps every limits.retention_interval until stop().
  boost::asio::awaitable<void> run(net::Gate::Holder inside);
  void stop();

  // Looks through what became too old since the last time, and trims it; then, of each tenant that has too
  // much, the oldest until it fits. Between streams others have their turn. A store that is away ends it; the
  // next sweep goes on from there. What is damaged stays as it is, a stream or the rest of a partition, and
  // the others do not wait for it. Either is logged.
  boost::asio::awaitable<void> sweep();

 private:
  struct Swept {
    std::uint64_t resources = 0, events = 0, bytes = 0;
    Time before{};                  // the latest
    std::set<std::string> damaged;  // streams, and partitions from some place on, that were left as they are
  };
  // How far one kind of sweep looked: everything before was trimmed where it could be.
  struct Reach {
    explicit Reach(es::Partition partitions) : next(partitions, 1) {}
    std::vector<es::Offset> next;  // by partition
    Time before{};
  };

  boost::asio::awaitable<Result<void>> count(Swept& swept);
  boost::asio::awaitable<Result<void>> sweep_by_age(Swept& swept);
  boost::asio::awaitable<Result<void>> sweep_by_bytes(es::Tenant tenant, Swept& swept);
  // Of one tenant, or of all if it is empty.
  boost::asio::awaitable<Result<void>> sweep(es::Tenant tenant, Time before, Reach& reach, Swept& swept);
  boost::asio::awaitable<Result<void>> sweep(es::Partition partition, es::Tenant tenant, Time before,
                                             es::Offset& next, Swept& swept);
  boost::asio::awaitable<Result<void>> trim(es::StreamId stream, Time before, Swept& swept);
  boost::asio::awaitable<Result<void>> cut(es::StreamId stream, Cut cut);
  using Place = std::optional<es::Position>;
  boost::asio::awaitable<Result<Place>> unpublished_between(es::StreamId stream, es::Position after,
                                                            es::Position before);
  void tell(const Swept& swept);
  void tell_of_trouble(const Swept& swept, const Result<void>& done);

  Parts parts_;
  RetainedBytes bytes_;
  std::vector<es::Offset> counted_;  // by partition: the next to be counted
  Reach by_age_;
  std::map<es::Tenant, Reach> by_bytes_;
  std::optional<net::SteadyTimer> timer_;
  bool stopping_ = false;
};

}  // namespace ocf::cloud
