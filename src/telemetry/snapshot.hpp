// Snapshot: all metrics with their values at one moment, for whoever writes them down (Prometheus, OTLP).
#pragma once

#include "telemetry/counter_table.hpp"
#include "telemetry/histogram.hpp"

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocf::telemetry {

enum class Kind { counter, gauge, histogram };

using Label = std::pair<std::string, std::string>;
using Labels = std::vector<Label>;

struct Point {
  Labels labels;
  double value = 0;
  std::optional<HistogramCounts> histogram;  // instead of the value
};

// Names by the rules of Prometheus: ocf_…_total, _seconds, _bytes. Labels are names of the code, never device
// ids, owners, hrefs or addresses.
struct Family {
  std::string name;
  std::string help;
  Kind kind;
  std::vector<Point> points;

  Family& add(double value, std::initializer_list<std::pair<std::string_view, std::string_view>> labels = {});
  Family& add(const Counter& counter,
              std::initializer_list<std::pair<std::string_view, std::string_view>> labels = {});
  Family& add(const Histogram& histogram,
              std::initializer_list<std::pair<std::string_view, std::string_view>> labels = {});
  // A point for each row; no second name: the table has one label.
  Family& add(const CounterTable::Rows& rows, std::string_view first, std::string_view second = {});

  // Nullptr: there is none.
  const Point* find(const Labels& labels) const;
  // Of all points.
  double sum() const;
};

class Snapshot {
 public:
  // Begins a family, behind those that there are; it stays where it is.
  Family& counter(std::string name, std::string help) { return begin(Kind::counter, name, help); }
  Family& gauge(std::string name, std::string help) { return begin(Kind::gauge, name, help); }
  Family& histogram(std::string name, std::string help) { return begin(Kind::histogram, name, help); }

  const std::deque<Family>& families() const { return families_; }
  // Nullptr: there is none of this name.
  const Family* find(std::string_view name) const;

 private:
  Family& begin(Kind kind, std::string& name, std::string& help);

  std::deque<Family> families_;
};

}  // namespace ocf::telemetry
