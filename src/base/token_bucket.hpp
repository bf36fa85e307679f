// TokenBucket: so many per second; ten seconds' worth may come at once.
#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <chrono>

namespace ocf {

// Begins full. Two words: one per connection costs nothing.
class TokenBucket {
 public:
  static constexpr std::chrono::seconds burst{10};

  // At least 1 per second; outlives the bucket, and may change.
  explicit TokenBucket(const unsigned& per_second) : per_second_(&per_second) {}
  explicit TokenBucket(unsigned&& per_second) = delete;

  // Takes one; false: there is none now.
  bool take(SteadyTime now) {
    if (wait(now) > std::chrono::nanoseconds(0)) return false;
    full_at_ = std::max(full_at_, now) + interval();
    return true;
  }
  // How long until there is one; 0: there is.
  std::chrono::nanoseconds wait(SteadyTime now) const {
    const std::chrono::nanoseconds missing = std::max(full_at_, now) - now;
    return std::max(missing + interval() - burst, std::chrono::nanoseconds(0));
  }
  // As good as a new one.
  bool is_full(SteadyTime now) const { return full_at_ <= now; }

 private:
  // Between two that come one by one.
  std::chrono::nanoseconds interval() const {
    return std::chrono::nanoseconds(std::chrono::seconds(1)) / *per_second_;
  }

  const unsigned* per_second_;
  SteadyTime full_at_ = SteadyTime::min();
};

}  // namespace ocf
