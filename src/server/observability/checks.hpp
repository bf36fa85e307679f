// The checks behind /livez and /readyz.
#pragma once

#include "base/limits.hpp"
#include "base/time.hpp"
#include "cloud/cloud.hpp"
#include "gateway/gateway.hpp"
#include "server/certificates.hpp"
#include "server/memory_watch.hpp"
#include "server/observability/health.hpp"
#include "server/pulse.hpp"
#include "store_rocksdb/rocks_event_store.hpp"

#include <filesystem>
#include <vector>

namespace ocf::server {

// What is looked at; lives as long as the checks.
struct Checked {
  const store_rocksdb::RocksEventStore& store;
  const cloud::Cloud& cloud;
  const gateway::Gateway& gateway;
  const Certificates& certificates;
  const Pulse& pulse;
  const MemoryWatch& memory;
  const Limits& limits;
  const std::filesystem::path& data;
  const bool& is_started;  // everything listens
  const bool& serves_tls;  // the hub's certificate is shown to devices
};

std::vector<Check> live_checks(const Checked& checked);
std::vector<Check> ready_checks(const Checked& checked);

// What is wrong with a certificate that ends then; empty: nothing.
std::string complaint_about_expiry(Time expiry, Time now);

}  // namespace ocf::server
