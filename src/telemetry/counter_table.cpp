#include "telemetry/counter_table.hpp"

namespace ocf::telemetry {

void CounterTable::add(std::string_view first, std::string_view second, std::uint64_t more) {
  const std::pair<std::string_view, std::string_view> labels(first, second);
  const auto known = rows_.find(labels);
  if (known != rows_.end()) {
    known->second += more;
  } else if (rows_.size() < rows_max) {
    rows_.emplace(Labels{std::string(first), std::string(second)}, more);
  } else {
    rows_[Labels{"other", second.empty() ? "" : "other"}] += more;
  }
}

std::uint64_t CounterTable::value(std::string_view first, std::string_view second) const {
  const std::pair<std::string_view, std::string_view> labels(first, second);
  const auto known = rows_.find(labels);
  return known == rows_.end() ? 0 : known->second;
}

}  // namespace ocf::telemetry
