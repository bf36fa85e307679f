#include "server/observability/log.hpp"

#include "base/time.hpp"
#include "net/shard.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdlib>
#include <memory>

namespace ocf::server {

using telemetry::Level;
using telemetry::LogLine;

namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

// "<4>": how systemd's journal reads a level at the beginning of a line.
const char* journal_prefix(Level level) {
  switch (level) {
    case Level::info: return "<6>";
    case Level::warn: return "<4>";
    case Level::error: return "<3>";
  }
  return "<3>";
}

}  // namespace

std::string as_json(const LogLine& line, const std::string& time) {
  boost::json::object object{
      {"time", time}, {"level", telemetry::name_of(line.level)}, {"event", line.event}, {"text", line.text}};
  const auto add = [&object](const char* name, std::string_view value) {
    if (!value.empty()) object[name] = value;
  };
  add("device", line.device);
  add("peer", line.peer);
  add("stage", line.stage);
  add("cause", line.cause);
  add("limit", line.limit);
  add("correlation", line.correlation);
  add("trace", line.trace);
  return boost::json::serialize(object);
}

LogSink stderr_log(const LogConfig& config) {
  auto logger =
      std::make_shared<spdlog::logger>("ocf-cloud", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets
  const bool has_journal = std::getenv("JOURNAL_STREAM") != nullptr;
  if (config.format == LogFormat::json || has_journal) {
    logger->set_pattern("%v");
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  }
  return [logger, config, has_journal](const LogLine& line) {
    if (line.level < config.level) return;
    const std::string text = config.format == LogFormat::json ? as_json(line, to_rfc3339(net::wall_now()))
                             : has_journal ? journal_prefix(line.level) + telemetry::for_people(line)
                                           : telemetry::for_people(line);
    logger->log(level_of(line.level), text);
  };
}

}  // namespace ocf::server
