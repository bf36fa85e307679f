// Metrics and spans as OTLP/HTTP carries them in JSON: ExportMetricsServiceRequest and
// ExportTraceServiceRequest by the protocol's JSON mapping.
#pragma once

#include "base/time.hpp"
#include "telemetry/snapshot.hpp"
#include "telemetry/trace_context.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ocf::telemetry {

struct Resource {
  std::string name;      // service.name
  std::string version;   // service.version
  std::string instance;  // service.instance.id
};

// Counters and histograms are cumulative, from `started` to `now`: one that is lost is made up for by the
// next.
std::string to_otlp(const Snapshot& snapshot, const Resource& resource, Time started, Time now);

// Something that took its time, within a trace.
struct Span {
  Span(std::string name_, TraceContext context_) : name(std::move(name_)), context(std::move(context_)) {}

  using Moment = std::chrono::sys_time<std::chrono::microseconds>;
  enum class Kind : std::uint8_t { server = 2, client = 3 };  // the numbers are OTLP's
  struct Event {
    Moment time;
    std::string name;
  };

  std::string name;  // one of few
  TraceContext context;
  Kind kind = Kind::server;
  Moment begun, ended;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<Event> events;
};

std::string to_otlp(const std::vector<Span>& spans, const Resource& resource);

}  // namespace ocf::telemetry
