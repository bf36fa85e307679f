// Histogram: how long something took, or how large it was, in buckets that are fixed.
#pragma once

#include "telemetry/counter.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ocf::telemetry {

// Upper bounds, each included in its bucket; above the last one there is one more bucket.
inline constexpr std::array seconds_bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                           0.1,    0.25,    0.5,    1.0,   2.5,    5.0,   10.0, 30.0};
inline constexpr std::array count_bounds{1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0};

struct HistogramCounts {
  std::span<const double> bounds;
  std::vector<std::uint64_t> buckets;  // one more than bounds; each counts what is in it alone
  double sum = 0;

  std::uint64_t count() const;
  // About how much the share `quantile` (0.99) of all is at most; the bound of its bucket, by linear
  // interpolation within it. 0 if there is none.
  double quantile(double quantile) const;
};
// What was counted since an earlier look at the same histogram.
HistogramCounts since(const HistogramCounts& earlier, const HistogramCounts& now);

// A member of whoever measures. Any thread; no lock, no allocation.
class Histogram {
 public:
  static constexpr std::size_t bounds_max = 20;

  // The bounds outlive it: constants.
  explicit Histogram(std::span<const double> bounds = seconds_bounds);

  void observe(double value);
  void observe(std::chrono::nanoseconds duration) {
    observe(std::chrono::duration<double>(duration).count());
  }
  HistogramCounts counts() const;

 private:
  std::span<const double> bounds_;
  std::array<std::atomic<std::uint64_t>, bounds_max + 1> buckets_{};
  std::atomic<double> sum_{0};
};

}  // namespace ocf::telemetry
