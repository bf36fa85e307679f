// The clocks of the edge, and the timer that waits by them.
#pragma once

#include "base/time.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

namespace ocf::net {

// Of the machine, or of the Simulation of this thread.
SteadyTime steady_now();
Time wall_now();

// steady_now() in the form that std::chrono and Asio want, with how Asio waits for it.
struct SteadyClock {
  using duration = SteadyTime::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = SteadyTime;
  static constexpr bool is_steady = true;
  static time_point now() noexcept { return steady_now(); }

  // Asio asks how long to sleep whenever the next deadline changes. In a simulation for ever, unless
  // something is due: whoever moves the clock is told when that will be.
  struct Waiting {
    static duration to_wait_duration(duration left);
    static duration to_wait_duration(time_point due) { return to_wait_duration(due - now()); }
  };
};

// Every timer of the hub that is not on a TimerWheel: SteadyTimer, but by this clock.
using SteadyTimer = boost::asio::basic_waitable_timer<SteadyClock, SteadyClock::Waiting>;

}  // namespace ocf::net
