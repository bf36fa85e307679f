#include "server/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>

namespace ocf::server {

LogSink stderr_log() {
  auto logger =
      std::make_shared<spdlog::logger>("ocf-cloud", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  return [logger](std::string_view level, std::string_view line) {
    logger->log(spdlog::level::from_str(std::string(level)), line);
  };
}

}  // namespace ocf::server
