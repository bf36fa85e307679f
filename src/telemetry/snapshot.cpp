#include "telemetry/snapshot.hpp"

namespace ocf::telemetry {
namespace {

Labels labels_of(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  Labels kept;
  for (const auto& [name, value] : labels) kept.emplace_back(std::string(name), std::string(value));
  return kept;
}

}  // namespace

Family& Family::add(double value,
                    std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  points.push_back({labels_of(labels), value, std::nullopt});
  return *this;
}

Family& Family::add(const Counter& counter,
                    std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  return add(static_cast<double>(counter.value()), labels);
}

Family& Family::add(const Histogram& histogram,
                    std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  points.push_back({labels_of(labels), 0, histogram.counts()});
  return *this;
}

Family& Family::add(const CounterTable::Rows& rows, std::string_view first, std::string_view second) {
  for (const auto& [labels, value] : rows) {
    if (second.empty()) {
      add(static_cast<double>(value), {{first, labels.first}});
    } else {
      add(static_cast<double>(value), {{first, labels.first}, {second, labels.second}});
    }
  }
  return *this;
}

const Point* Family::find(const Labels& labels) const {
  for (const Point& point : points) {
    if (point.labels == labels) return &point;
  }
  return nullptr;
}

double Family::sum() const {
  double sum = 0;
  for (const Point& point : points) sum += point.value;
  return sum;
}

const Family* Snapshot::find(std::string_view name) const {
  for (const Family& family : families_) {
    if (family.name == name) return &family;
  }
  return nullptr;
}

Family& Snapshot::begin(Kind kind, std::string& name, std::string& help) {
  return families_.emplace_back(Family{std::move(name), std::move(help), kind, {}});
}

}  // namespace ocf::telemetry
