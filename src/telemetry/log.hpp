// LogLine: one line of the log as a value; whoever writes it down chooses the form.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace ocf::telemetry {

enum class Level { info, warn, error };

// "warn"; for programs, never renamed.
std::string_view name_of(Level level);

// Never a token, code or key. Empty fields are left out.
struct LogLine {
  LogLine(Level level_, std::string_view event_, std::string text_)
      : level(level_), event(event_), text(std::move(text_)) {}

  Level level;
  std::string_view event;         // what kind of line: "refused", "signed_in"; never renamed
  std::string text;               // for people: one line
  std::string peer;               // "192.0.2.7:40112"
  std::string device;             // its id
  std::string_view stage, cause;  // of a refusal, as `ocf-cloud why` names them
  std::string limit;              // that was hit
  std::string correlation;        // of a command
  std::string trace;              // its W3C trace id
};

// Thread-safe.
using Log = std::function<void(const LogLine&)>;

// "192.0.2.7:40112 <device>: closed: …"; without level and time.
std::string for_people(const LogLine& line);

}  // namespace ocf::telemetry
