#include "telemetry/log.hpp"

namespace ocf::telemetry {

std::string_view name_of(Level level) {
  switch (level) {
    case Level::info: return "info";
    case Level::warn: return "warn";
    case Level::error: return "error";
  }
  return "error";
}

std::string for_people(const LogLine& line) {
  std::string who = line.peer;
  if (!line.device.empty()) who += (who.empty() ? "" : " ") + line.device;
  return who.empty() ? line.text : who + ": " + line.text;
}

}  // namespace ocf::telemetry
