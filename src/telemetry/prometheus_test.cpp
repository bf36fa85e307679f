#include "telemetry/prometheus.hpp"

#include <gtest/gtest.h>

namespace ocf::telemetry {
namespace {

TEST(Prometheus, WritesCountersAndGaugesWithTheirLabels) {
  Counter counter;
  counter.add(3);
  Snapshot snapshot;
  snapshot.counter("ocf_things_total", "Things.").add(counter, {{"kind", "a"}}).add(2, {{"kind", "b"}});
  snapshot.gauge("ocf_temperature_celsius", "How warm.").add(-1.5);
  EXPECT_EQ(to_prometheus(snapshot),
            "# HELP ocf_things_total Things.\n"
            "# TYPE ocf_things_total counter\n"
            "ocf_things_total{kind=\"a\"} 3\n"
            "ocf_things_total{kind=\"b\"} 2\n"
            "# HELP ocf_temperature_celsius How warm.\n"
            "# TYPE ocf_temperature_celsius gauge\n"
            "ocf_temperature_celsius -1.5\n");
}

TEST(Prometheus, BucketsAreCumulative) {
  static constexpr std::array bounds{0.5, 1.0};
  Histogram histogram(bounds);
  for (const double value : {0.25, 0.75, 0.75, 2.0}) histogram.observe(value);
  Snapshot snapshot;
  snapshot.histogram("ocf_wait_seconds", "Waiting.").add(histogram);
  EXPECT_EQ(to_prometheus(snapshot),
            "# HELP ocf_wait_seconds Waiting.\n"
            "# TYPE ocf_wait_seconds histogram\n"
            "ocf_wait_seconds_bucket{le=\"0.5\"} 1\n"
            "ocf_wait_seconds_bucket{le=\"1\"} 3\n"
            "ocf_wait_seconds_bucket{le=\"+Inf\"} 4\n"
            "ocf_wait_seconds_sum 3.75\n"
            "ocf_wait_seconds_count 4\n");
}

TEST(Prometheus, EscapesWhatWouldEndAValueOrALine) {
  Snapshot snapshot;
  snapshot.gauge("ocf_x", "a\\b\nc").add(1, {{"l", "say \"\\\"\n"}});
  EXPECT_EQ(to_prometheus(snapshot),
            "# HELP ocf_x a\\\\b\\nc\n# TYPE ocf_x gauge\nocf_x{l=\"say \\\"\\\\\\\"\\n\"} 1\n");
}

TEST(Prometheus, LargeCountsStayWhole) {
  Counter counter;
  counter.add(12'345'678'901);
  Snapshot snapshot;
  snapshot.counter("ocf_bytes_total", "Bytes.").add(counter);
  EXPECT_NE(to_prometheus(snapshot).find("ocf_bytes_total 12345678901\n"), std::string::npos);
}

}  // namespace
}  // namespace ocf::telemetry
