// The way of each command through the hub, as `ocf-cloud trace` shows it: from the caller to the device's
// bytes and back.
#pragma once

#include "base/limits.hpp"
#include "base/time.hpp"
#include "device/device.hpp"
#include "es/event.hpp"
#include "ocf/link.hpp"
#include "resource/resource.hpp"
#include "telemetry/limit_hits.hpp"
#include "telemetry/trace_context.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ocf::cloud {

// One place that a command passed.
struct Hop {
  enum class Place : std::uint8_t { caller, log, device };
  Hop(Place place_, std::string what_) : place(place_), what(std::move(what_)) {}

  Place place;
  std::string what;                   // a sentence without its full stop
  std::chrono::microseconds after{};  // since the command came

  // -- at the log: the stored event
  std::string type;
  std::string stream;
  es::Version version = 0;
  es::Position position;

  // -- at the device: what was sent or came. The gateway describes it; nothing here knows CoAP.
  std::string message;        // for people, several lines
  Bytes bytes;                // as they were on the wire; of many only the first
  std::size_t bytes_all = 0;  // how many there were
};
std::string_view name_of(Hop::Place place);

struct Trace {
  es::CorrelationId correlation;
  telemetry::TraceContext context;
  device::DeviceKey device;
  Href href;
  resource::Operation operation = resource::Operation::retrieve;
  Time begun{};
  SteadyTime begun_steady{};
  std::vector<Hop> hops;
  std::size_t bytes = 0;
  std::size_t hops_left_out = 0;  // above limits.trace_bytes_max
};

// The newest limits.traces_max commands, in memory. Lives on the cloud's shard. The limits outlive it.
class Traces {
 public:
  Traces(const Limits& limits, telemetry::LimitHits& hits) : limits_(limits), hits_(hits) {}

  // Its id is not known yet; time and hops are filled in here.
  void begin(Trace trace, Time now);
  // At this moment. Nothing happens if the command is not known, or not any more.
  void note(const es::CorrelationId& correlation, Hop hop);
  // nullptr: not known. Until the next begin().
  const Trace* find(const es::CorrelationId& correlation) const;

 private:
  const Limits& limits_;
  telemetry::LimitHits& hits_;
  std::list<Trace> traces_;  // the oldest first
  std::unordered_map<es::CorrelationId, std::list<Trace>::iterator> by_correlation_;
};

// A hop at the device; keeps what fits of the bytes.
Hop message_hop(std::string what, std::string message, ByteView bytes);
// A hop at the log.
Hop stored_hop(const es::RecordedEvent& recorded);

}  // namespace ocf::cloud
