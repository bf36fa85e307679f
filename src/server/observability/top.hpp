// What `ocf-cloud top` shows: the hub's numbers of this moment, and of the time since it was asked last.
#pragma once

#include "base/time.hpp"
#include "gateway/gateway.hpp"
#include "telemetry/snapshot.hpp"

#include <boost/json/object.hpp>

#include <vector>

namespace ocf::server {

// {"time": s, "now": {name: number}, "total": {name: number}, "command_seconds": {"bounds", "buckets"},
// "loop_seconds": likewise, "refusals": [{stage, cause, count}], "busiest": [{device, messages}]}. All counts
// are since the start: who asks twice subtracts. Only for the command socket, where device ids are allowed.
boost::json::object top_document(const telemetry::Snapshot& snapshot,
                                 const std::vector<gateway::Busy>& busiest, SteadyTime now);

}  // namespace ocf::server
