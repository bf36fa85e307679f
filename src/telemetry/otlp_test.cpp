#include "telemetry/otlp.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace ocf::telemetry {
namespace {

namespace json = boost::json;

json::array metrics_of(const Snapshot& snapshot) {
  const Time started(std::chrono::seconds(1));
  const Time now(std::chrono::seconds(2));
  const auto whole = json::parse(to_otlp(snapshot, {"ocf-cloud", "1.2.3", "x"}, started, now)).as_object();
  const auto& resource = whole.at("resourceMetrics").as_array().at(0).as_object();
  return resource.at("scopeMetrics").as_array().at(0).as_object().at("metrics").as_array();
}

TEST(Otlp, ASpanHasItsPlaceInItsTrace) {
  TraceContext context;
  context.trace_id = std::string(32, 'a');
  context.span_id = std::string(16, 'b');
  context.parent_id = std::string(16, 'c');
  Span span("command update", context);
  span.begun = Time(std::chrono::seconds(1));
  span.ended = span.begun + std::chrono::microseconds(5);
  span.attributes = {{"ocf.href", "/light/1"}};
  span.events = {{span.ended, "answered"}};
  const auto whole = json::parse(to_otlp({span}, {"ocf-cloud", "1.2.3", "x"})).as_object();
  const auto& resource = whole.at("resourceSpans").as_array().at(0).as_object();
  const auto& spans = resource.at("scopeSpans").as_array().at(0).as_object().at("spans").as_array();
  EXPECT_EQ(spans, json::parse(R"([{"traceId":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","spanId":"bbbbbbbbbbbbbbbb",
              "name":"command update","kind":2,"startTimeUnixNano":"1000000000","endTimeUnixNano":"1000005000",
              "attributes":[{"key":"ocf.href","value":{"stringValue":"/light/1"}}],
              "events":[{"timeUnixNano":"1000005000","name":"answered"}],"parentSpanId":"cccccccccccccccc"}])"));
}

TEST(Otlp, ACounterIsACumulativeMonotonicSum) {
  Snapshot snapshot;
  snapshot.counter("ocf_sent_bytes_total", "Bytes.").add(3, {{"kind", "a"}});
  EXPECT_EQ(metrics_of(snapshot).at(0),
            json::parse(R"({"name":"ocf_sent_bytes_total","description":"Bytes.","unit":"By","sum":{
              "dataPoints":[{"attributes":[{"key":"kind","value":{"stringValue":"a"}}],
                "startTimeUnixNano":"1000000000","timeUnixNano":"2000000000","asDouble":3E0}],
              "aggregationTemporality":2,"isMonotonic":true}})"));
}

TEST(Otlp, AGaugeIsAGauge) {
  Snapshot snapshot;
  snapshot.gauge("ocf_devices", "Devices.").add(2.5);
  const auto metrics = metrics_of(snapshot);
  const auto& gauge = metrics.at(0).at("gauge").as_object();
  EXPECT_EQ(gauge.at("dataPoints").at(0).at("asDouble"), 2.5);
  EXPECT_FALSE(gauge.contains("aggregationTemporality"));
}

TEST(Otlp, BucketsAreEachTheirOwnCount) {
  static constexpr std::array bounds{0.5, 1.0};
  Histogram histogram(bounds);
  for (const double value : {0.25, 0.75, 2.0}) histogram.observe(value);
  Snapshot snapshot;
  snapshot.histogram("ocf_wait_seconds", "Waiting.").add(histogram);
  const auto metrics = metrics_of(snapshot);
  const auto& point = metrics.at(0).at("histogram").at("dataPoints").at(0).as_object();
  EXPECT_EQ(point.at("count"), "3");
  EXPECT_EQ(point.at("sum"), 3.0);
  EXPECT_EQ(point.at("bucketCounts"), (json::array{"1", "1", "1"}));
  EXPECT_EQ(point.at("explicitBounds"), (json::array{0.5, 1.0}));
  EXPECT_EQ(metrics.at(0).at("unit"), "s");
}

}  // namespace
}  // namespace ocf::telemetry
