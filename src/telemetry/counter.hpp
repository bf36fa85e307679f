// Counter: how often something happened. Gauge: how much of something there is.
#pragma once

#include <atomic>
#include <cstdint>

namespace ocf::telemetry {

// A member of whoever counts. Any thread; one relaxed addition, a few nanoseconds.
class Counter {
 public:
  void add(std::uint64_t more = 1) { value_.fetch_add(more, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// The same for what goes down as well.
class Gauge {
 public:
  explicit Gauge(std::int64_t value = 0) : value_(value) {}
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_;
};

}  // namespace ocf::telemetry
