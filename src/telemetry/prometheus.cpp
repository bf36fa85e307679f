#include "telemetry/prometheus.hpp"

#include <fmt/format.h>

#include <iterator>

namespace ocf::telemetry {
namespace {

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::counter: return "counter";
    case Kind::gauge: return "gauge";
    case Kind::histogram: return "histogram";
  }
  return "untyped";
}

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

// "name{a="b"} 1"; `more` is one more label, ready written.
void write_line(std::string& out, std::string_view name, const Labels& labels, std::string more,
                std::string_view value) {
  std::string inside;
  for (const auto& [label, text] : labels)
    inside += fmt::format("{}{}=\"{}\"", inside.empty() ? "" : ",", label, escaped(text, true));
  if (!more.empty()) inside += (inside.empty() ? "" : ",") + more;
  if (inside.empty()) {
    fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
  } else {
    fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", name, inside, value);
  }
}

void write_histogram(std::string& out, const std::string& name, const Labels& labels,
                     const HistogramCounts& counts) {
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < counts.buckets.size(); ++i) {
    so_far += counts.buckets[i];
    const std::string bound = i < counts.bounds.size() ? fmt::format("{}", counts.bounds[i]) : "+Inf";
    write_line(out, name + "_bucket", labels, fmt::format("le=\"{}\"", bound), fmt::format("{}", so_far));
  }
  write_line(out, name + "_sum", labels, "", fmt::format("{}", counts.sum));
  write_line(out, name + "_count", labels, "", fmt::format("{}", so_far));
}

}  // namespace

std::string to_prometheus(const Snapshot& snapshot) {
  std::string out;
  for (const Family& family : snapshot.families()) {
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", family.name,
                   escaped(family.help, false), family.name, name_of(family.kind));
    for (const Point& point : family.points) {
      if (point.histogram) {
        write_histogram(out, family.name, point.labels, *point.histogram);
      } else {
        write_line(out, family.name, point.labels, "", fmt::format("{}", point.value));
      }
    }
  }
  return out;
}

}  // namespace ocf::telemetry
