// What the tests of net/ share: a shard that runs one coroutine, and two streams joined over loopback.
#pragma once

#include "net/connect.hpp"
#include "net/error.hpp"
#include "net/listener.hpp"
#include "net/outbox.hpp"
#include "net/shard.hpp"
#include "net/stream.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace ocf::net {

// Runs one coroutine on a shard in the test's own thread, at most thirty seconds (sanitizers on a busy
// machine are slow).
class TestLoop : public testing::Test {
 protected:
  void run(awaitable<void> task) {
    Timer deadline(shard_.timers(), [this](SteadyTime) {
      ADD_FAILURE() << "still waiting after thirty seconds";
      shard_.stop();
    });
    deadline.schedule(steady_now() + std::chrono::seconds(30));
    shard_.spawn(run_then_stop(std::move(task)));
    shard_.run();
  }

  // Listens on a loopback address; every connection goes to accepted_.
  std::unique_ptr<Listener> listen(const char* address = "127.0.0.1:0") {
    auto listener = Listener::open(
        shard_, parse_endpoint(address).value(), limit_,
        [this](Socket socket, ConnectionLimit::Slot slot) {
          accepted_ = std::move(socket);
          slots_.push_back(std::move(slot));
        },
        [](const Endpoint&) { ADD_FAILURE() << "above the limit"; });
    return std::move(listener.value());
  }

  // The two ends of a loopback connection; the first is the accepted one.
  awaitable<std::pair<Socket, Socket>> connected_sockets() {
    const auto listener = listen();
    auto made = co_await connect(shard_, listener->endpoint());
    while (!accepted_) co_await yield();
    std::pair<Socket, Socket> ends(std::move(*accepted_), std::move(made.value()));
    accepted_.reset();
    co_return ends;
  }

  awaitable<void> yield() { return boost::asio::post(shard_.context(), boost::asio::use_awaitable); }

  ConnectionLimit limit_{1000};
  std::vector<ConnectionLimit::Slot> slots_;
  Shard shard_{"test"};
  std::optional<Socket> accepted_;

 private:
  awaitable<void> run_then_stop(awaitable<void> task) {
    co_await std::move(task);
    shard_.stop();
  }
};

// Reads until the stream ends or fails, or until `count` bytes have come.
inline awaitable<Bytes> read_up_to(Shard& shard, Stream& stream, std::size_t count) {
  Bytes content;
  while (content.size() < count) {
    const auto got = stream.try_read(shard.scratch());
    if (got) {
      const auto start = shard.scratch().begin();
      content.insert(content.end(), start, start + static_cast<std::ptrdiff_t>(*got));
      continue;
    }
    if (got.error() != NetError::would_block) break;
    const auto ready = co_await stream.wait_readable();
    if (!ready) break;
  }
  co_return content;
}

// The error that a stream ends with, after whatever can still be read.
inline awaitable<Error> read_to_the_end(Shard& shard, Stream& stream) {
  for (;;) {
    const auto got = stream.try_read(shard.scratch());
    if (got) continue;
    if (got.error() != NetError::would_block) co_return got.error();
    const auto ready = co_await stream.wait_readable();
    if (!ready) co_return ready.error();
  }
}

// Sends everything back until the peer has finished: a connection coroutine in its smallest form.
inline awaitable<void> echo(Shard& shard, Stream& stream) {
  Outbox outbox(shard, stream, 1 << 20);
  const auto established = co_await stream.handshake();
  while (established) {
    const auto got = stream.try_read(shard.scratch());
    if (got) {
      const auto sent = outbox.send(copy_of(shard.scratch().first(*got)));
      if (!sent) break;
    } else if (got.error() == NetError::would_block) {
      const auto ready = co_await stream.wait_readable();
      if (!ready) break;
    } else {
      break;
    }
  }
  stream.close();
}

}  // namespace ocf::net
