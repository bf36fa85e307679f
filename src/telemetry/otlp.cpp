#include "telemetry/otlp.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>

namespace ocf::telemetry {

namespace json = boost::json;

namespace {

constexpr int cumulative = 2;  // AGGREGATION_TEMPORALITY_CUMULATIVE: enumerations are numbers in JSON

// 64-bit numbers are texts in JSON.
std::string nanoseconds(std::chrono::sys_time<std::chrono::microseconds> time) {
  return std::to_string(std::chrono::nanoseconds(time.time_since_epoch()).count());
}

json::object attribute(std::string_view key, std::string_view value) {
  return {{"key", key}, {"value", json::object{{"stringValue", value}}}};
}

json::array attributes_of(const Resource& resource) {
  return {attribute("service.name", resource.name), attribute("service.version", resource.version),
          attribute("service.instance.id", resource.instance)};
}

json::object span_json(const Span& span) {
  json::array attributes, events;
  for (const auto& [key, value] : span.attributes) attributes.push_back(attribute(key, value));
  for (const Span::Event& event : span.events)
    events.push_back(json::object{{"timeUnixNano", nanoseconds(event.time)}, {"name", event.name}});
  json::object out{{"traceId", span.context.trace_id},
                   {"spanId", span.context.span_id},
                   {"name", span.name},
                   {"kind", static_cast<int>(span.kind)},
                   {"startTimeUnixNano", nanoseconds(span.begun)},
                   {"endTimeUnixNano", nanoseconds(span.ended)},
                   {"attributes", std::move(attributes)},
                   {"events", std::move(events)}};
  if (!span.context.parent_id.empty()) out["parentSpanId"] = span.context.parent_id;
  return out;
}

json::object data_point(const Point& point, const std::string& started, const std::string& now) {
  json::array attributes;
  for (const auto& [label, value] : point.labels) attributes.push_back(attribute(label, value));
  json::object out{
      {"attributes", std::move(attributes)}, {"startTimeUnixNano", started}, {"timeUnixNano", now}};
  if (!point.histogram) {
    out["asDouble"] = point.value;
    return out;
  }
  json::array buckets, bounds;
  for (const std::uint64_t count : point.histogram->buckets)
    buckets.push_back(json::string(std::to_string(count)));
  for (const double bound : point.histogram->bounds) bounds.push_back(bound);
  out["count"] = std::to_string(point.histogram->count());
  out["sum"] = point.histogram->sum;
  out["bucketCounts"] = std::move(buckets);
  out["explicitBounds"] = std::move(bounds);
  return out;
}

std::string_view unit_of(std::string_view name) {
  if (name.ends_with("_total")) name.remove_suffix(6);
  if (name.ends_with("_seconds")) return "s";
  return name.ends_with("_bytes") ? "By" : "1";
}

json::object metric(const Family& family, const std::string& started, const std::string& now) {
  json::array points;
  for (const Point& point : family.points) points.push_back(data_point(point, started, now));
  json::object data{{"dataPoints", std::move(points)}};
  if (family.kind != Kind::gauge) data["aggregationTemporality"] = cumulative;
  if (family.kind == Kind::counter) data["isMonotonic"] = true;
  const char* kind = family.kind == Kind::counter ? "sum"
                     : family.kind == Kind::gauge ? "gauge"
                                                  : "histogram";
  return {{"name", family.name},
          {"description", family.help},
          {"unit", unit_of(family.name)},
          {kind, std::move(data)}};
}

}  // namespace

std::string to_otlp(const Snapshot& snapshot, const Resource& resource, Time started, Time now) {
  json::array metrics;
  for (const Family& family : snapshot.families())
    metrics.push_back(metric(family, nanoseconds(started), nanoseconds(now)));
  json::object scope{{"scope", json::object{{"name", resource.name}, {"version", resource.version}}},
                     {"metrics", std::move(metrics)}};
  json::object whole{{"resource", json::object{{"attributes", attributes_of(resource)}}},
                     {"scopeMetrics", json::array{std::move(scope)}}};
  return json::serialize(json::object{{"resourceMetrics", json::array{std::move(whole)}}});
}

std::string to_otlp(const std::vector<Span>& spans, const Resource& resource) {
  json::array all;
  for (const Span& span : spans) all.push_back(span_json(span));
  json::object scope{{"scope", json::object{{"name", resource.name}, {"version", resource.version}}},
                     {"spans", std::move(all)}};
  json::object whole{{"resource", json::object{{"attributes", attributes_of(resource)}}},
                     {"scopeSpans", json::array{std::move(scope)}}};
  return json::serialize(json::object{{"resourceSpans", json::array{std::move(whole)}}});
}

}  // namespace ocf::telemetry
