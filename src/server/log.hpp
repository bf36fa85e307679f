// Where the hub's log lines go. The logger is a value that is handed to whoever logs.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ocf::server {

// One line: level is "info", "warn" or "error". Thread-safe.
using LogSink = std::function<void(std::string_view level, std::string_view line)>;

// Lines on standard error, with time and level.
LogSink stderr_log();

}  // namespace ocf::server
