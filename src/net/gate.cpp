#include "net/gate.hpp"

#include "base/assert.hpp"
#include "net/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ocf::net {

namespace asio = boost::asio;

Gate::Holder& Gate::Holder::operator=(Holder&& other) noexcept {
  if (this != &other) {
    if (gate_) gate_->leave();
    gate_ = std::exchange(other.gate_, nullptr);
  }
  return *this;
}

Gate::Holder::~Holder() {
  if (gate_) gate_->leave();
}

Gate::~Gate() {
  OCF_ASSERT(holders_ == 0, "whoever is inside still uses the owner of this gate");
  OCF_ASSERT(closed_ || !entered_, "a gate that was used is closed before its owner goes");
}

Result<Gate::Holder> Gate::enter() {
  if (closed_) return NetError::closed;
  entered_ = true;
  ++holders_;
  return Holder(*this);
}

void Gate::leave() {
  if (--holders_ == 0 && waiter_) waiter_->cancel();
}

awaitable<void> Gate::left() {
  OCF_ASSERT(closed_, "only a closed gate empties for good");
  OCF_ASSERT(!waiter_, "one coroutine waits");
  if (holders_ == 0) co_return;
  SteadyTimer waiter(co_await asio::this_coro::executor, SteadyTimer::time_point::max());
  waiter_ = &waiter;
  co_await waiter.async_wait(asio::as_tuple(asio::use_awaitable));
  waiter_ = nullptr;
}

}  // namespace ocf::net
