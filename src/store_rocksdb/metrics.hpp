// What the embedded store counts. Named and described in server/observability/metrics.cpp.
#pragma once

#include "telemetry/counter.hpp"
#include "telemetry/histogram.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ocf::store_rocksdb {

// Lives in its store; counted on the committer's thread, read on any.
struct Metrics {
  telemetry::Counter appended;          // events
  telemetry::Counter stored;            // appends, by what became of them:
  telemetry::Counter conflicts;         // another version was expected
  telemetry::Counter fenced;            // a newer session has spoken
  telemetry::Counter failed;            // not stored, or nobody knows
  telemetry::Counter refused;           // too much waits for the disk
  telemetry::Histogram append_seconds;  // from the call to the answer
  telemetry::Histogram sync_seconds;    // of a batch
  telemetry::Histogram batch_events{telemetry::count_bounds};
  telemetry::Gauge queued_bytes;
  telemetry::Gauge last_offsets;  // of all partitions together
  telemetry::Gauge writable{1};   // 0 from a failed write until one succeeds
  telemetry::Gauge broken;        // 1: the files cannot be opened again
};

// A property of RocksDB and its value.
using Properties = std::vector<std::pair<std::string, std::uint64_t>>;

}  // namespace ocf::store_rocksdb
