#include "gateway/patience.hpp"

#include "account/error.hpp"
#include "es/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace ocf::gateway {

bool is_outage(const Error& error) {
  return error == es::StoreError::unavailable || error == es::StoreError::outcome_unknown ||
         error == es::StoreError::conflicts_exhausted || error == account::AuthorizationError::unavailable;
}

boost::asio::awaitable<bool> Patience::wait(Pause& pause) {
  net::SteadyTimer timer(co_await boost::asio::this_coro::executor, pause);
  pause = std::min(2 * pause, pause_max);
  waiting_.push_back(&timer);
  co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return std::erase(waiting_, &timer) != 0;
}

void Patience::give_up() {
  const auto waiting = std::exchange(waiting_, {});
  for (net::SteadyTimer* timer : waiting) timer->cancel();
}

}  // namespace ocf::gateway
