// Deadlines of many connections on one shard: a hashed wheel of intrusive timers.
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace ocf::net {

class TimerWheel;

namespace detail {

// A node of a circular list; alone in its own list when it points to itself.
struct TimerLink {
  TimerLink() : next(this), previous(this) {}
  TimerLink(const TimerLink&) = delete;
  TimerLink& operator=(const TimerLink&) = delete;

  bool alone() const { return next == this; }
  void unlink();
  void insert_before(TimerLink& position);

  TimerLink* next;
  TimerLink* previous;
};

}  // namespace detail

// One deadline with what happens then. A member of whoever waits; lives on the wheel's shard, and the wheel
// outlives it. Cancelled by its destructor. Nothing here allocates when the callback captures one pointer.
class Timer : private detail::TimerLink {
 public:
  // Called with the time of the tick, which is never before the deadline. It may schedule or cancel any
  // timer, this one too, but must not destroy this one.
  using Callback = std::function<void(SteadyTime now)>;

  Timer(TimerWheel& wheel, Callback callback) : wheel_(wheel), callback_(std::move(callback)) {}
  ~Timer() { cancel(); }

  // Fires once, at the first tick at or after the deadline; replaces an earlier deadline. O(1).
  void schedule(SteadyTime deadline);
  // O(1); nothing happens if the timer is not scheduled.
  void cancel();
  bool scheduled() const { return !alone(); }

 private:
  friend class TimerWheel;

  TimerWheel& wheel_;
  Callback callback_;
  std::int64_t tick_ = 0;
};

// The wheel of a shard. Pure: time comes in by advance(); the shard calls it once per tick while timers are
// scheduled. A timer fires at most one tick (plus the shard's own delay) after its deadline, never before it.
// schedule and cancel are O(1); advance visits each timer once per turn (slots × tick: 102 s) until it fires.
class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds default_tick{100};

  // `on_first` is called when a timer is scheduled while none was.
  explicit TimerWheel(std::chrono::milliseconds tick = default_tick, std::function<void()> on_first = {});
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Fires the timers whose tick has come by `now`, at most so many of them. Whether there are more.
  bool advance(SteadyTime now, std::size_t most = SIZE_MAX);

  std::size_t scheduled() const { return scheduled_; }
  std::chrono::milliseconds tick() const { return tick_; }

 private:
  friend class Timer;

  void insert(Timer& timer, SteadyTime deadline);
  void remove(Timer& timer);
  void collect_due(std::int64_t target);

  const std::chrono::milliseconds tick_;
  const std::function<void()> on_first_;
  std::vector<detail::TimerLink> slots_;
  detail::TimerLink due_;     // taken out of the slots, to be fired
  std::int64_t current_ = 0;  // the tick that advance() has reached
  std::size_t scheduled_ = 0;
};

}  // namespace ocf::net
