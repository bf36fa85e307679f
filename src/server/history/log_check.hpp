// Whether a log is whole: everything is read once, and the first thing that is wrong is named.
#pragma once

#include "server/history/log_source.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ocf::server {

enum class Readable { yes, of_newer_release, damaged };
// The event's data, by the aggregate of its stream. Streams that are nobody's are passed over: yes.
Readable readable(const es::RecordedEvent& recorded);

struct Damage {
  es::Position position;
  std::string stream;  // empty: it cannot be read any more
  es::Version version = 0;
  std::string what;
};

struct LogCheck {
  std::uint64_t events = 0;
  std::uint64_t streams = 0;
  std::uint64_t trimmed = 0;           // streams of which the beginning was trimmed
  std::uint64_t of_newer_release = 0;  // events of types that this release does not know
  std::optional<Damage> damage;        // the first; what is behind it was not looked at
};

// Reads all of it: checksums and records, the place of each, versions without gaps, data that can be decoded;
// of a hub that is stopped its index, too. Keeps in memory what a stream's last version is, for each. Throws
// CommandFailure if the hub does not answer.
LogCheck check_log(LogSource& log);

}  // namespace ocf::server
