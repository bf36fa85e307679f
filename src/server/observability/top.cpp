#include "server/observability/top.hpp"

#include <boost/json/array.hpp>

#include <string_view>

namespace ocf::server {

namespace json = boost::json;

namespace {

using telemetry::Family;
using telemetry::Snapshot;

double sum(const Snapshot& snapshot, std::string_view name) {
  const Family* family = snapshot.find(name);
  return family == nullptr ? 0 : family->sum();
}

double value(const Snapshot& snapshot, std::string_view name, const telemetry::Labels& labels) {
  const Family* family = snapshot.find(name);
  const telemetry::Point* point = family == nullptr ? nullptr : family->find(labels);
  return point == nullptr ? 0 : point->value;
}

// All points of a histogram together.
json::object buckets(const Snapshot& snapshot, std::string_view name) {
  std::vector<std::uint64_t> counts;
  json::array bounds;
  if (const Family* family = snapshot.find(name)) {
    for (const telemetry::Point& point : family->points) {
      const telemetry::HistogramCounts& histogram = *point.histogram;
      if (counts.empty()) {
        counts.assign(histogram.buckets.size(), 0);
        for (const double bound : histogram.bounds) bounds.push_back(bound);
      }
      for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += histogram.buckets[i];
    }
  }
  json::array numbers;
  for (const std::uint64_t count : counts) numbers.push_back(count);
  return {{"bounds", std::move(bounds)}, {"buckets", std::move(numbers)}};
}

json::array refusals(const Snapshot& snapshot) {
  json::array rows;
  if (const Family* family = snapshot.find("ocf_refusals_total")) {
    for (const telemetry::Point& point : family->points) {
      rows.push_back(json::object{
          {"stage", point.labels[0].second}, {"cause", point.labels[1].second}, {"count", point.value}});
    }
  }
  return rows;
}

}  // namespace

json::object top_document(const Snapshot& s, const std::vector<gateway::Busy>& busiest, SteadyTime now) {
  json::array devices;
  for (const gateway::Busy& busy : busiest)
    devices.push_back(json::object{{"device", busy.device.text()}, {"messages", busy.messages}});
  return {
      {"time", std::chrono::duration<double>(now.time_since_epoch()).count()},
      {"now",
       json::object{
           {"devices", sum(s, "ocf_devices")},
           {"devices_online", sum(s, "ocf_devices_online")},
           {"connections", sum(s, "ocf_connections")},
           {"http_connections", sum(s, "ocf_http_connections")},
           {"commands_pending", sum(s, "ocf_commands_pending")},
           {"intake_entries", sum(s, "ocf_intake_entries")},
           {"write_queue_bytes", sum(s, "ocf_write_queue_bytes")},
           {"store_queue_bytes", sum(s, "ocf_store_queue_bytes")},
           {"read_model_lag_events", sum(s, "ocf_read_model_lag_events")},
           {"resident_bytes", sum(s, "process_resident_memory_bytes")},
           {"descriptors", sum(s, "process_open_fds")},
       }},
      {"total",
       json::object{
           {"messages_in", sum(s, "ocf_coap_messages_received_total")},
           {"messages_out", sum(s, "ocf_coap_messages_sent_total")},
           {"commands", sum(s, "ocf_commands_total")},
           {"notifications", sum(s, "ocf_notifications_total")},
           {"appends", value(s, "ocf_store_appends_total", {{"outcome", "stored"}})},
           {"events", sum(s, "ocf_store_events_total")},
           {"http_requests", sum(s, "ocf_http_requests_total")},
           {"refusals", sum(s, "ocf_refusals_total")},
           {"limit_hits", sum(s, "ocf_limit_hits_total")},
           {"cpu_seconds", sum(s, "process_cpu_seconds_total")},
       }},
      {"command_seconds", buckets(s, "ocf_command_duration_seconds")},
      {"loop_seconds", buckets(s, "ocf_loop_delay_seconds")},
      {"refusals", refusals(s)},
      {"busiest", std::move(devices)},
  };
}

}  // namespace ocf::server
