// Events that a replay puts in the place of stored ones, or between them: what would be, had it been so.
//
// A line is an event as `ocf-cloud export` writes it, of which these count:
//
//   stream    one that the log has
//   version   of the event that it replaces; one above the stream's last: behind it; not there: the event is
//   a
//             late one, and comes behind the last of its stream that is not later than its `time`
//   type      of an event of such a stream
//   time      without it: that of the event that it replaces, or comes behind
//   data      of the type, with every property that the event has; or {"hex"}, the bytes as they are stored
//
// A late event gets no version of its own, so that others keep theirs. In streams `device` and `holder` there
// are no late events: their versions are the epochs of sessions. `epoch` and `sequence` may be left out of a
// representation: then it is as new as the event that it replaces, or comes behind.
#pragma once

#include "base/time.hpp"
#include "cloud/point.hpp"
#include "es/event.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ocf::server {

class Amendments {
 public:
  static constexpr std::size_t line_bytes_max = 1024 * 1024;
  static constexpr std::size_t lines_max = 10'000;

  // Throws CommandFailure (usage) with the file's name and the number of the line.
  static Amendments read(std::istream& file, std::string name);

  bool empty() const { return streams_.empty(); }

  // The events to fold instead of one of the log; call it for each, in order. Throws CommandFailure (usage)
  // if an amendment does not fit there, or is not before `until`.
  std::vector<es::RecordedEvent> in_place_of(const es::RecordedEvent& recorded,
                                             const std::optional<cloud::Point>& until);
  // Those that come behind the last events of their streams, after in_place_of() has seen all. Throws
  // CommandFailure (usage) if one of all fits nowhere, or not before `until`.
  std::vector<es::RecordedEvent> rest(const std::optional<cloud::Point>& until);

 private:
  struct Amendment {
    std::size_t line = 0;
    std::string type;
    std::optional<Time> time;
    boost::json::value data;
  };
  struct Stream {
    std::map<es::Version, Amendment> by_version;
    std::multimap<Time, Amendment> late;
    std::optional<es::RecordedEvent> last;  // that was seen
  };

  void add(std::size_t line, const std::string& text);
  es::RecordedEvent made(const Amendment& amendment, es::RecordedEvent like,
                         const std::optional<cloud::Point>& until) const;
  [[noreturn]] void unfit(std::size_t line, const std::string& why) const;

  std::string name_;
  std::map<es::StreamId, Stream> streams_;
};

}  // namespace ocf::server
