// Shard: one thread with one event loop, and what the connections on it share.
#pragma once

#include "base/time.hpp"
#include "net/clock.hpp"
#include "net/gate.hpp"
#include "net/timer_wheel.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>

namespace ocf::net {

// A TCP socket on a shard, with the loop's own executor type: smaller than asio's type-erased default.
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// Everything on a shard runs on its thread, except post(), start(), stop() and join(). The loop's sockets are
// not locked (BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO), so sockets, timers and streams of a shard may be
// touched from elsewhere only while it does not run. Whatever uses the shard is destroyed before it, or lives
// in a coroutine that it runs.
class Shard {
 public:
  static constexpr std::size_t scratch_bytes = 256 * 1024;

  // The name is the thread's, at most 15 characters.
  explicit Shard(std::string name);
  ~Shard();

  // Runs the loop on a thread of its own until stop(). Exceptions that a handler lets out abort the process.
  void start();
  // Runs the loop on the calling thread until stop(); for tests and small programs.
  void run();
  // Ends the loop after the handler that runs now; any thread. What is still suspended is destroyed with the
  // shard.
  void stop();
  // Waits for the thread of start(); not on the shard's own thread.
  void join();

  // Runs `work` on this shard, later; any thread. Work posted by one thread runs in the order of posting.
  template <class Work>
  void post(Work&& work) {
    boost::asio::post(context_, std::forward<Work>(work));
  }

  // Starts a coroutine on this shard. It deals with its own exceptions: one that gets out aborts the process.
  void spawn(awaitable<void> task);

  boost::asio::io_context& context() { return context_; }
  TimerWheel& timers() { return timers_; }
  // Where every connection of the shard reads into: its content holds only until the next suspension.
  std::span<std::uint8_t> scratch() { return {scratch_.get(), scratch_bytes}; }

 private:
  void arm_tick();
  void tick();

  const std::string name_;
  const std::unique_ptr<std::uint8_t[]> scratch_;
  TimerWheel timers_;  // before the loop: coroutines that are destroyed with the loop may still own timers
  boost::asio::io_context context_;
  SteadyTimer tick_timer_;
  std::thread thread_;
};

}  // namespace ocf::net
