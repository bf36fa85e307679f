// Gate: how an owner waits for everything that still uses it.
#pragma once

#include "base/result.hpp"
#include "net/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <utility>

namespace ocf::net {

template <class T>
using awaitable = boost::asio::awaitable<T>;

// Counts those who are inside. Shutdown is: close() → nobody enters any more → cancel what waits → co_await
// left(). Lives on one shard. Its destructor asserts that nobody is inside, and that it was closed if anybody
// ever was.
class Gate {
 public:
  // Somebody inside; leaves when destroyed. The gate outlives it.
  class Holder {
   public:
    Holder(Holder&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Holder& operator=(Holder&& other) noexcept;
    ~Holder();

   private:
    friend class Gate;
    explicit Holder(Gate& gate) : gate_(&gate) {}

    Gate* gate_;
  };

  Gate() = default;
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // Errors: closed.
  Result<Holder> enter();

  // Refuses whoever comes later; may be called again.
  void close() { closed_ = true; }
  bool closed() const { return closed_; }

  // Resumes when everybody inside has left; the gate must be closed. One coroutine at a time may wait.
  awaitable<void> left();

  std::size_t holders() const { return holders_; }

 private:
  void leave();

  std::size_t holders_ = 0;
  bool closed_ = false;
  bool entered_ = false;
  SteadyTimer* waiter_ = nullptr;  // in the frame of left()
};

}  // namespace ocf::net
