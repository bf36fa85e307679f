#include "server/observability/top_view.hpp"

#include "telemetry/histogram.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace ocf::server {

namespace json = boost::json;

namespace {

constexpr std::size_t refusals_shown_max = 8;

double number(const json::value& value) { return value.to_number<double>(); }

json::object rates(const json::object& earlier, const json::object& later, double seconds) {
  json::object rates;
  for (const auto& [name, value] : later) {
    const double was = earlier.contains(name) ? number(earlier.at(name)) : 0;
    rates[name] = (number(value) - was) / seconds;
  }
  return rates;
}

telemetry::HistogramCounts histogram(const json::object& document, const std::vector<double>& bounds) {
  return {bounds, json::value_to<std::vector<std::uint64_t>>(document.at("buckets")), 0};
}

json::object quantiles(const json::object& earlier, const json::object& later) {
  const auto bounds = json::value_to<std::vector<double>>(later.at("bounds"));
  const auto between = telemetry::since(histogram(earlier, bounds), histogram(later, bounds));
  if (bounds.empty() || between.count() == 0) return {};
  return {{"p50", between.quantile(0.5)}, {"p99", between.quantile(0.99)}};
}

json::array refusals_between(const json::array& earlier, const json::array& later) {
  using Fault = std::pair<std::string, std::string>;
  const auto fault_of = [](const json::value& row) {
    return Fault(row.at("stage").as_string(), row.at("cause").as_string());
  };
  std::map<Fault, double> before;
  for (const json::value& row : earlier) before[fault_of(row)] = number(row.at("count"));
  std::vector<std::pair<double, Fault>> found;
  for (const json::value& row : later) {
    const double count = number(row.at("count")) - before[fault_of(row)];
    if (count > 0) found.emplace_back(count, fault_of(row));
  }
  std::sort(found.rbegin(), found.rend());
  json::array rows;
  for (const auto& [count, fault] : found)
    rows.push_back(json::object{{"stage", fault.first}, {"cause", fault.second}, {"count", count}});
  return rows;
}

// "3.2 ms"; "-" for nothing measured.
std::string duration(const json::object& quantiles, std::string_view name) {
  if (!quantiles.contains(name)) return "-";
  const double seconds = number(quantiles.at(name));
  return seconds < 1 ? fmt::format("{:.1f} ms", seconds * 1000) : fmt::format("{:.2f} s", seconds);
}

std::string mebibytes(const json::value& bytes) {
  return fmt::format("{:.1f} MiB", number(bytes) / (1024 * 1024));
}

}  // namespace

json::object top_view(const json::object& earlier, const json::object& later) {
  const double seconds = std::max(0.001, number(later.at("time")) - number(earlier.at("time")));
  const auto between = [&](const char* name) {
    return quantiles(earlier.at(name).as_object(), later.at(name).as_object());
  };
  return {{"seconds", seconds},
          {"now", later.at("now")},
          {"per_second", rates(earlier.at("total").as_object(), later.at("total").as_object(), seconds)},
          {"command_seconds", between("command_seconds")},
          {"loop_seconds", between("loop_seconds")},
          {"refusals", refusals_between(earlier.at("refusals").as_array(), later.at("refusals").as_array())},
          {"busiest", later.at("busiest")}};
}

std::string top_screen(const json::object& view) {
  const json::object& now = view.at("now").as_object();
  const json::object& rate = view.at("per_second").as_object();
  const json::object& commands = view.at("command_seconds").as_object();
  const auto level = [&now](std::string_view name) { return number(now.at(name)); };
  const auto per_second = [&rate](std::string_view name) { return number(rate.at(name)); };
  std::string out;
  const auto line = [&out](std::string_view name, const std::string& what) {
    fmt::format_to(std::back_inserter(out), "{:<12}{}\n", name, what);
  };
  line("devices", fmt::format("{:.0f} of {:.0f} online", level("devices_online"), level("devices")));
  line("connections",
       fmt::format("{:.0f} CoAP, {:.0f} HTTP", level("connections"), level("http_connections")));
  line("messages",
       fmt::format("{:.1f} in/s, {:.1f} out/s", per_second("messages_in"), per_second("messages_out")));
  line("commands",
       fmt::format("{:.1f}/s, p50 {}, p99 {}, {:.0f} pending", per_second("commands"),
                   duration(commands, "p50"), duration(commands, "p99"), level("commands_pending")));
  line("store", fmt::format("{:.1f} appends/s, {:.1f} events/s, {:.1f} notifications/s",
                            per_second("appends"), per_second("events"), per_second("notifications")));
  line("http", fmt::format("{:.1f} requests/s", per_second("http_requests")));
  line("queues", fmt::format("{:.0f} said, {} to peers, {} to the disk, read models {:.0f} events behind",
                             level("intake_entries"), mebibytes(now.at("write_queue_bytes")),
                             mebibytes(now.at("store_queue_bytes")), level("read_model_lag_events")));
  line("process",
       fmt::format("{}, {:.0f} % of a processor, {:.0f} descriptors", mebibytes(now.at("resident_bytes")),
                   100 * per_second("cpu_seconds"), level("descriptors")));
  line("loop", "late by " + duration(view.at("loop_seconds").as_object(), "p99") + " at p99");
  line("refused",
       fmt::format("{:.1f}/s, {:.1f} limits hit/s", per_second("refusals"), per_second("limit_hits")));
  std::size_t shown = 0;
  for (const json::value& row : view.at("refusals").as_array()) {
    if (++shown > refusals_shown_max) break;
    line("", fmt::format("{:>6.0f}  {} {}", number(row.at("count")), row.at("stage").as_string().c_str(),
                         row.at("cause").as_string().c_str()));
  }
  out += "busiest\n";
  for (const json::value& row : view.at("busiest").as_array())
    line("", fmt::format("{:>6.0f}  {}", number(row.at("messages")), row.at("device").as_string().c_str()));
  return out;
}

}  // namespace ocf::server
