// Metrics as OTLP/HTTP carries them in JSON: ExportMetricsServiceRequest by the protocol's JSON mapping.
#pragma once

#include "base/time.hpp"
#include "telemetry/snapshot.hpp"

#include <string>

namespace ocf::telemetry {

struct Resource {
  std::string name;      // service.name
  std::string version;   // service.version
  std::string instance;  // service.instance.id
};

// Counters and histograms are cumulative, from `started` to `now`: one that is lost is made up for by the
// next.
std::string to_otlp(const Snapshot& snapshot, const Resource& resource, Time started, Time now);

}  // namespace ocf::telemetry
