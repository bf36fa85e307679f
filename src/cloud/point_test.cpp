#include "cloud/point.hpp"

#include "cloud/error.hpp"

#include <gtest/gtest.h>

namespace ocf::cloud {
namespace {

es::RecordedEvent event_at(Time time, es::Position position = {}) {
  es::RecordedEvent recorded{position, es::StreamId(es::Tenant("t"), "entity", 0, "name"), 1, {}};
  recorded.event.time = time;
  return recorded;
}

// Whether the text is this moment and no other.
void expect_moment(std::string_view text, std::string_view moment) {
  const auto point = Point::parse(text, 4);
  ASSERT_TRUE(point) << text;
  // Each bit of the answer by asking whether an event of that time is included.
  std::chrono::milliseconds latest{0};
  for (std::int64_t step = std::int64_t{1} << 46; step > 0; step /= 2) {
    if (point->includes(event_at(Time(latest + std::chrono::milliseconds(step)))))
      latest += std::chrono::milliseconds(step);
  }
  EXPECT_EQ(to_rfc3339(Time(latest)), moment) << text;
}

TEST(Point, ReadsTimesOfRfc3339) {
  expect_moment("2026-11-25T07:00:00Z", "2026-11-25T07:00:00.000Z");
  expect_moment("2026-11-25t07:00:00.1z", "2026-11-25T07:00:00.100Z");
  expect_moment("2026-11-25T07:00:00.123999Z", "2026-11-25T07:00:00.123Z");
  expect_moment("2026-11-25T00:30:00+01:00", "2026-11-24T23:30:00.000Z");
  expect_moment("2026-11-25T22:30:00.5-03:30", "2026-11-26T02:00:00.500Z");
  expect_moment("2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000Z");
}

TEST(Point, RefusesWhatIsNeitherTimeNorCursor) {
  for (const char* text :
       {"", "yesterday", "2026-11-25", "2026-11-25T07:00:00", "2026-11-25T07:00Z", "2026-11-25 07:00:00Z",
        "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-25T24:00:00Z", "2026-11-25T07:60:00Z",
        "2026-11-25T07:00:00.Z", "2026-11-25T07:00:00Zx", "2026-11-25T07:00:00+0100", "-026-11-25T07:00:00Z",
        "26-11-25T07:00:00Z", "AQ", "AQEBAQE"}) {
    EXPECT_EQ(Point::parse(text, 3).error(), CloudError::malformed_point) << text;
  }
}

TEST(Point, IncludesWhatHappenedThenOrEarlier) {
  const Time now{std::chrono::hours(1)};
  const Point point(now);
  EXPECT_TRUE(point.includes(event_at(now)));
  EXPECT_FALSE(point.includes(event_at(now + std::chrono::milliseconds(1))));
  EXPECT_FALSE(point.is_after(now, {}));
  EXPECT_TRUE(point.is_after(now - std::chrono::milliseconds(1), {}));
}

TEST(Point, IncludesWhatStandsBeforeACursor) {
  const Cursor cursor{{3, 7}};
  const auto point = Point::parse(cursor.text(), 2);
  ASSERT_TRUE(point);
  EXPECT_TRUE(point->includes(event_at({}, {0, 2})));
  EXPECT_FALSE(point->includes(event_at({}, {0, 3})));
  EXPECT_TRUE(point->includes(event_at({}, {1, 6})));
  EXPECT_FALSE(point->is_after({}, Cursor{{3, 7}}));
  EXPECT_TRUE(point->is_after({}, Cursor{{9, 6}}));
}

}  // namespace
}  // namespace ocf::cloud
