// Turns: coroutines of one shard that want the same thing get it one after the other, in the order in which
// they asked.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <utility>

namespace ocf::net {

// Lives on one shard; must outlive whoever waits or holds. A free turn is taken without suspending and
// without allocation.
class Turn {
 public:
  // Gives the turn to the next in line when it is destroyed.
  class Held {
   public:
    explicit Held(Turn* turn) : turn_(turn) {}
    Held(Held&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
    Held& operator=(Held&&) = delete;
    ~Held() {
      if (turn_ != nullptr) turn_->pass_on();
    }

   private:
    Turn* turn_;
  };

  boost::asio::awaitable<Held> take();

 private:
  void pass_on();

  bool taken_ = false;
  std::deque<boost::asio::steady_timer*>
      waiting_;  // cancelled when their turn comes; each lives in its coroutine
};

}  // namespace ocf::net
