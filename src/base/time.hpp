// The two clocks. Both are read at the edge (net/, server/) and passed inwards as `now`; nothing pure reads a
// clock.
#pragma once

#include <chrono>
#include <string>

namespace ocf {

// Wall-clock time of events, tokens and lifetimes; UTC, milliseconds since 1970.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
// Monotonic time of deadlines on a connection.
using SteadyTime = std::chrono::steady_clock::time_point;

// RFC 3339 with milliseconds: 2026-11-22T19:59:52.123Z.
std::string to_rfc3339(Time time);

}  // namespace ocf
