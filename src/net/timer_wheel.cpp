#include "net/timer_wheel.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace ocf::net {
namespace {

constexpr std::size_t slot_count = 1024;

std::int64_t ticks_before(SteadyTime time, std::chrono::nanoseconds tick) {
  return std::chrono::nanoseconds(time.time_since_epoch()) / tick;
}

std::int64_t first_tick_at_or_after(SteadyTime time, std::chrono::nanoseconds tick) {
  const std::chrono::nanoseconds since_epoch = time.time_since_epoch();
  return since_epoch / tick + (since_epoch % tick > std::chrono::nanoseconds::zero() ? 1 : 0);
}

}  // namespace

void detail::TimerLink::unlink() {
  next->previous = previous;
  previous->next = next;
  next = previous = this;
}

void detail::TimerLink::insert_before(TimerLink& position) {
  next = &position;
  previous = position.previous;
  previous->next = this;
  position.previous = this;
}

void Timer::schedule(SteadyTime deadline) {
  cancel();
  wheel_.insert(*this, deadline);
}

void Timer::cancel() {
  if (scheduled()) wheel_.remove(*this);
}

TimerWheel::TimerWheel(std::chrono::milliseconds tick, std::function<void()> on_first)
    : tick_(tick), on_first_(std::move(on_first)), slots_(slot_count) {}

TimerWheel::~TimerWheel() { OCF_ASSERT(scheduled_ == 0, "a wheel outlives its timers"); }

void TimerWheel::insert(Timer& timer, SteadyTime deadline) {
  timer.tick_ = std::max(first_tick_at_or_after(deadline, tick_), current_ + 1);
  timer.insert_before(slots_[static_cast<std::size_t>(timer.tick_) % slot_count]);
  if (++scheduled_ == 1 && on_first_) on_first_();
}

void TimerWheel::remove(Timer& timer) {
  timer.unlink();
  --scheduled_;
}

void TimerWheel::collect_due(std::int64_t target) {
  const auto passed = std::min<std::int64_t>(target - current_, slot_count);
  for (std::int64_t step = 1; step <= passed; ++step) {
    detail::TimerLink& slot = slots_[static_cast<std::size_t>(current_ + step) % slot_count];
    for (detail::TimerLink* link = slot.next; link != &slot;) {
      Timer& timer = static_cast<Timer&>(*link);
      link = link->next;
      if (timer.tick_ > target) continue;  // in a later turn of the wheel
      timer.unlink();
      timer.insert_before(due_);
    }
  }
}

bool TimerWheel::advance(SteadyTime now, std::size_t most) {
  // What is due is taken out first: a callback may schedule into, and cancel from, any list, this one
  // included.
  if (const std::int64_t target = ticks_before(now, tick_); target > current_) {
    if (scheduled_ > 0) collect_due(target);
    current_ = target;
  }
  for (; !due_.alone() && most > 0; --most) {
    Timer& timer = static_cast<Timer&>(*due_.next);
    remove(timer);
    timer.callback_(now);
  }
  return !due_.alone();
}

}  // namespace ocf::net
