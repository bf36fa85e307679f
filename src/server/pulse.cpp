#include "server/pulse.hpp"

#include <algorithm>

namespace ocf::server {

void Pulse::start() {
  timer_.expires_after(interval);
  timer_.async_wait([this](const boost::system::error_code& canceled) {
    if (canceled) return;
    delay_ =
        std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(net::steady_now() - timer_.expiry()));
    delays_.observe(delay_);
    start();
  });
}

}  // namespace ocf::server
