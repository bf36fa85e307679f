// ForwardClock: wall time that never goes back, for what ends at a moment of it.
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <functional>

namespace ocf::net {

// The machine's wall clock until somebody sets that back: then this one goes on as the steady clock does,
// until the wall clock has caught up. Set forward, it follows at once. So whatever waits until a moment waits
// as long as it was meant to, or shorter, never longer. On one shard.
class ForwardClock {
 public:
  // `set_back` is called by now(), once each time that the wall clock was set back by a second or more: how
  // far it is behind this one.
  explicit ForwardClock(std::function<void(std::chrono::milliseconds behind)> set_back);

  Time now();

 private:
  using Duration = SteadyTime::duration;

  std::function<void(std::chrono::milliseconds)> set_back_;
  Duration ahead_of_steady_ = Duration::min();  // this clock minus the steady one
  Duration told_{};                             // how far the wall clock was behind when that was told
};

}  // namespace ocf::net
