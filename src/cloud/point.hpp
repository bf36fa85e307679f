// A point of the past: a time, or a place in the log.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "cloud/cursor.hpp"
#include "es/event.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace ocf::cloud {

// RFC 3339, with any offset and fraction, of which milliseconds count; nullopt: it is none.
std::optional<Time> parse_time(std::string_view text);

// Immutable value. A time includes the events that say they happened then or earlier: their times are the
// hub's clock, and may disagree by milliseconds with the order in which they were stored. A cursor is exact.
class Point {
 public:
  explicit Point(Time time) : time_(time) {}
  explicit Point(Cursor cursor) : cursor_(std::move(cursor)) {}

  // "2026-11-25T07:00:00Z" or the text of a cursor. Errors: malformed_point.
  static Result<Point> parse(std::string_view text, es::Partition partitions);

  bool includes(const es::RecordedEvent& recorded) const;
  // Whether it lies behind this moment and the end of the log.
  bool is_after(Time now, const Cursor& end) const;

 private:
  bool is_time() const { return cursor_.next.empty(); }

  Time time_{};
  Cursor cursor_;  // of no partition: the time counts
};

}  // namespace ocf::cloud
