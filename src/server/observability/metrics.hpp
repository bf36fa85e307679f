// All metrics of a hub with their names: the one place where what parts count becomes what is told.
#pragma once

#include "cloud/cloud.hpp"
#include "gateway/gateway.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"
#include "net/shard.hpp"
#include "server/memory_watch.hpp"
#include "server/pulse.hpp"
#include "store_rocksdb/rocks_event_store.hpp"
#include "telemetry/snapshot.hpp"

namespace ocf::server {

// What is counted; lives as long as whoever collects.
struct Counted {
  cloud::Cloud& cloud;
  const gateway::Gateway& gateway;
  const http::Api& api;
  const store_rocksdb::RocksEventStore& store;
  net::Shard& shard;
  const Pulse& pulse;
  const MemoryWatch& memory;
};

// On the shard. Looks at each connection and each device: some milliseconds where there are 100,000 of them.
// docs/operations/observability.md has a row for each. `http`: nullptr while nothing listens.
telemetry::Snapshot collect(const Counted& counted, const http::Server* http);

}  // namespace ocf::server
