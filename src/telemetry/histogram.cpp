#include "telemetry/histogram.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <numeric>

namespace ocf::telemetry {

std::uint64_t HistogramCounts::count() const {
  return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

double HistogramCounts::quantile(double quantile) const {
  const std::uint64_t all = count();
  if (all == 0) return 0;
  const double rank = quantile * static_cast<double>(all);
  double below = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const auto here = static_cast<double>(buckets[i]);
    if (here > 0 && below + here >= rank) {
      const double from = i == 0 ? 0 : bounds[i - 1];
      return from + (bounds[i] - from) * (rank - below) / here;
    }
    below += here;
  }
  return bounds.back();
}

HistogramCounts since(const HistogramCounts& earlier, const HistogramCounts& now) {
  HistogramCounts difference = now;
  if (earlier.buckets.size() != now.buckets.size()) return difference;
  for (std::size_t i = 0; i < now.buckets.size(); ++i) difference.buckets[i] -= earlier.buckets[i];
  difference.sum -= earlier.sum;
  return difference;
}

Histogram::Histogram(std::span<const double> bounds) : bounds_(bounds) {
  OCF_ASSERT(bounds.size() <= bounds_max, "bounds are constants of the code");
}

void Histogram::observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

HistogramCounts Histogram::counts() const {
  HistogramCounts counts{bounds_, {}, sum_.load(std::memory_order_relaxed)};
  for (std::size_t i = 0; i <= bounds_.size(); ++i)
    counts.buckets.push_back(buckets_[i].load(std::memory_order_relaxed));
  return counts;
}

}  // namespace ocf::telemetry
