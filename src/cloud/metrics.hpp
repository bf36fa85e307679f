// What the cloud counts. Named and described in server/observability/metrics.cpp.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "resource/resource.hpp"
#include "telemetry/counter.hpp"
#include "telemetry/counter_table.hpp"
#include "telemetry/histogram.hpp"
#include "telemetry/limit_hits.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace ocf::cloud {

// Lives in its cloud.
struct Metrics {
  telemetry::CounterTable commands;                     // by operation and outcome
  std::array<telemetry::Histogram, 5> command_seconds;  // by operation, from request to outcome
  telemetry::Counter shadow_answers;                    // retrievals that needed no device
  telemetry::CounterTable notifications;                // by outcome
  telemetry::CounterTable authorization_checks;         // asked of the seam, by outcome
  telemetry::LimitHits limit_hits;                      // of the gateway too
  telemetry::CounterTable refusals;                     // on every face, by stage and cause
  telemetry::Counter read_model_gaps;                   // batches that came out of order
  telemetry::Counter trimmed_events, trimmed_bytes;     // that gave way to baselines
  telemetry::Gauge retained_since;                      // seconds since 1970: of resources older events went
};

// "retrieve"; for programs, never renamed.
std::string_view name_of(resource::Operation operation);

// What there is at this moment.
struct Levels {
  std::size_t devices = 0, devices_online = 0;
  std::size_t watches = 0, directory_watches = 0, feeds = 0;
  std::size_t callers_waiting = 0;   // for their command to end
  std::size_t commands_pending = 0;  // on all devices
  std::uint64_t events_folded = 0;   // the offsets that the read models have reached, all partitions together
};

}  // namespace ocf::cloud
