#include "telemetry/histogram.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace ocf::telemetry {
namespace {

using std::chrono::milliseconds;

constexpr std::array bounds{1.0, 2.0, 4.0};

TEST(Histogram, ABoundBelongsToItsBucket) {
  Histogram histogram(bounds);
  for (const double value : {0.5, 1.0, 1.5, 4.0, 4.5}) histogram.observe(value);
  const HistogramCounts counts = histogram.counts();
  EXPECT_EQ(counts.buckets, (std::vector<std::uint64_t>{2, 1, 1, 1}));
  EXPECT_EQ(counts.count(), 5u);
  EXPECT_DOUBLE_EQ(counts.sum, 11.5);
}

TEST(Histogram, DurationsAreSeconds) {
  Histogram histogram;
  histogram.observe(milliseconds(3));
  EXPECT_DOUBLE_EQ(histogram.counts().sum, 0.003);
}

TEST(Histogram, AQuantileLiesInItsBucket) {
  Histogram histogram(bounds);
  EXPECT_EQ(histogram.counts().quantile(0.5), 0);
  for (int i = 0; i < 98; ++i) histogram.observe(0.1);
  histogram.observe(3.0);
  histogram.observe(3.0);
  EXPECT_LE(histogram.counts().quantile(0.5), 1.0);
  EXPECT_GT(histogram.counts().quantile(0.99), 2.0);
  EXPECT_LE(histogram.counts().quantile(0.99), 4.0);
  histogram.observe(100.0);
  EXPECT_EQ(histogram.counts().quantile(1.0), 4.0);  // all that is known: above the last bound
}

TEST(Histogram, TellsWhatCameSince) {
  Histogram histogram(bounds);
  histogram.observe(0.5);
  const HistogramCounts earlier = histogram.counts();
  histogram.observe(3.0);
  const HistogramCounts difference = since(earlier, histogram.counts());
  EXPECT_EQ(difference.buckets, (std::vector<std::uint64_t>{0, 0, 1, 0}));
  EXPECT_DOUBLE_EQ(difference.sum, 3.0);
}

TEST(Histogram, LosesNothingBetweenThreads) {
  Histogram histogram(bounds);
  const auto observe = [&histogram] {
    for (int i = 0; i < 10'000; ++i) histogram.observe(1.0);
  };
  std::thread other(observe);
  observe();
  other.join();
  EXPECT_EQ(histogram.counts().count(), 20'000u);
  EXPECT_DOUBLE_EQ(histogram.counts().sum, 20'000.0);
}

}  // namespace
}  // namespace ocf::telemetry
