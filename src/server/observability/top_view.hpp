// The screen of `ocf-cloud top`: two answers of the hub made into rates.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace ocf::server {

// Of two documents of top.hpp: {"seconds", "now": as there, "per_second": {name: number}, "command_seconds":
// {"p50", "p99"}, "loop_seconds": likewise, of the time between, or {} if nothing was measured in it,
// "refusals": [{stage, cause, count}] of the time between, the most frequent first, "busiest": as there}.
// Throws boost::system::system_error for a document that is none.
boost::json::object top_view(const boost::json::object& earlier, const boost::json::object& later);

// For people: some twenty lines.
std::string top_screen(const boost::json::object& view);

}  // namespace ocf::server
