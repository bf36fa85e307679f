// Where the hub's log lines go. The log is a value that is handed to whoever has something to say.
#pragma once

#include "telemetry/log.hpp"

namespace ocf::server {

enum class LogFormat {
  human,  // "2026-11-22T21:40:07.311Z warning 192.0.2.7:49152: …"
  json,   // one object a line: time, level, event, text, and what there is of LogLine's other fields
};

struct LogConfig {
  LogFormat format = LogFormat::human;
  telemetry::Level level = telemetry::Level::info;  // and above
};

using LogSink = telemetry::Log;

// Lines on standard error. In the human form under systemd without the time, which the journal has, and with
// the level as it wants it (sd-daemon(3)).
LogSink stderr_log(const LogConfig& config);

// One line of the JSON form, without its end.
std::string as_json(const telemetry::LogLine& line, const std::string& time);

}  // namespace ocf::server
