#include "net/forward_clock.hpp"

#include "net/clock.hpp"

#include <algorithm>
#include <utility>

namespace ocf::net {

using std::chrono::milliseconds;

ForwardClock::ForwardClock(std::function<void(milliseconds)> set_back) : set_back_(std::move(set_back)) {}

Time ForwardClock::now() {
  const Duration steady = steady_now().time_since_epoch();
  const Duration wall_ahead = wall_now().time_since_epoch() - steady;
  ahead_of_steady_ = std::max(ahead_of_steady_, wall_ahead);
  const Duration behind = ahead_of_steady_ - wall_ahead;
  if (behind >= told_ + std::chrono::seconds(1)) {
    set_back_(std::chrono::floor<milliseconds>(behind));
    told_ = behind;
  } else {
    told_ = std::min(told_, behind);
  }
  return Time(std::chrono::floor<milliseconds>(steady + ahead_of_steady_));
}

}  // namespace ocf::net
