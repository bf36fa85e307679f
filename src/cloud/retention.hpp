// Retention: of the past of resources only so much is kept; what is older gives way to a baseline at the
// beginning of each stream (docs/operations/embedded_store.md, ADR 13).
#pragma once

#include "base/limits.hpp"
#include "base/time.hpp"
#include "cloud/metrics.hpp"
#include "cloud/read_models.hpp"
#include "es/event_store.hpp"
#include "net/clock.hpp"
#include "net/gate.hpp"
#include "resource/resource.hpp"
#include "telemetry/log.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ocf::cloud {

// What an event counts against limits.retention_bytes_max: its data and its names, uncompressed.
std::uint64_t bytes_of(const es::RecordedEvent& recorded);

// Where one stream is to be cut.
struct Cut {
  es::Version first = 0;  // the oldest version that stays
  es::Position position;
  es::Position said;  // where the representation was known to be there
  resource::BaselineTaken baseline;
  std::string owner;         // whom the audit of the replaced event names
  std::uint64_t events = 0;  // that go, or are replaced
  std::uint64_t bytes = 0;
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
  es::Version begin_ = 0;                 // the oldest version there is
  std::uint64_t events_ = 0, bytes_ = 0;  // since the last cut, without baselines
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

  // Looks through what became too old since the last time, and trims it. Between streams others have their
  // turn. A store that is away ends it; the next sweep goes on from there.
  boost::asio::awaitable<void> sweep();

 private:
  struct Swept {
    std::uint64_t resources = 0, events = 0, bytes = 0;
  };

  boost::asio::awaitable<Result<void>> sweep(es::Partition partition, Time before, Swept& swept);
  boost::asio::awaitable<Result<void>> trim(es::StreamId stream, Time before, Swept& swept);
  boost::asio::awaitable<Result<void>> cut(es::StreamId stream, Cut cut);
  using Place = std::optional<es::Position>;
  boost::asio::awaitable<Result<Place>> unpublished_between(es::StreamId stream, es::Position after,
                                                            es::Position before);
  void tell(const Swept& swept, Time before);

  Parts parts_;
  std::vector<es::Offset> next_;  // by partition: everything before was looked at
  std::optional<net::SteadyTimer> timer_;
  bool stopping_ = false;
};

}  // namespace ocf::cloud
