// The text that Prometheus reads: exposition format 0.0.4.
#pragma once

#include "telemetry/snapshot.hpp"

#include <string>

namespace ocf::telemetry {

inline constexpr const char* prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

std::string to_prometheus(const Snapshot& snapshot);

}  // namespace ocf::telemetry
