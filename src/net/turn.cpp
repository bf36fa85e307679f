#include "net/turn.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ocf::net {

boost::asio::awaitable<Turn::Held> Turn::take() {
  if (taken_) {
    boost::asio::steady_timer come(co_await boost::asio::this_coro::executor,
                                   boost::asio::steady_timer::time_point::max());
    waiting_.push_back(&come);
    co_await come.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  taken_ = true;  // stays true while it is passed from hand to hand
  co_return Held(this);
}

void Turn::pass_on() {
  if (waiting_.empty()) {
    taken_ = false;
    return;
  }
  boost::asio::steady_timer* next = waiting_.front();
  waiting_.pop_front();
  next->cancel();
}

}  // namespace ocf::net
