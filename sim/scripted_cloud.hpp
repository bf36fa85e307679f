// The cloud's end of one connection in the tests of the shells: reads and says messages one by one.
#pragma once

#include "coap/frame.hpp"
#include "net/outbox.hpp"
#include "net/tcp_stream.hpp"
#include "net/test_loop.hpp"
#include "sim/machine_cloud.hpp"

#include <memory>
#include <string>
#include <utility>

namespace ocf::sim {

class ScriptedCloud {
 public:
  ScriptedCloud(net::Shard& shard, std::unique_ptr<net::Stream> stream)
      : shard_(shard), stream_(std::move(stream)), outbox_(shard, *stream_, 1 << 20) {}

  net::awaitable<void> handshake() {
    const auto shaken = co_await stream_->handshake();
    EXPECT_TRUE(shaken) << stream_->handshake_failure().text;
  }

  // The next message of the peer; an empty one at the end of the connection.
  net::awaitable<coap::Message> next() {
    for (;;) {
      auto frame = coap::decode_frame(input_, {});
      if (frame && *frame) {
        input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>((*frame)->bytes));
        co_return std::move((*frame)->message);
      }
      const Bytes more = co_await read();
      if (more.empty()) co_return coap::Message();
      input_.insert(input_.end(), more.begin(), more.end());
    }
  }

  void say(const coap::Message& message) { say(coap::encode_frame(message)); }
  // One write, over TLS one record.
  void say(Bytes bytes) { EXPECT_TRUE(outbox_.send(std::move(bytes))); }

  // Answers the sign-up if there is one, the sign-in, and the publication if there was a sign-up.
  net::awaitable<void> let_in() {
    coap::Message request = co_await next();
    const bool is_new = request.path() == "/oic/sec/account";
    if (is_new) {
      say(response_to(request, coap::Code::changed, MachineCloud::sign_up_answer()));
      request = co_await next();
    }
    EXPECT_EQ(request.path(), "/oic/sec/session");
    say(response_to(request, coap::Code::changed, SignInAnswer().encode()));
    if (!is_new) co_return;
    request = co_await next();
    EXPECT_EQ(request.path(), "/oic/rd");
    const auto published = PublishRequest::decode(request.payload);
    EXPECT_TRUE(published) << published.error();
    if (!published) co_return;
    PublishAnswer answer;
    answer.device = published->device;
    answer.links = published->links;
    say(response_to(request, coap::Code::changed, answer.encode()));
  }

  net::Stream& stream() { return *stream_; }

 private:
  net::awaitable<Bytes> read() {
    for (;;) {
      const auto count = stream_->try_read(shard_.scratch());
      if (count) co_return copy_of(shard_.scratch().first(*count));
      if (count.error() != net::NetError::would_block) co_return Bytes();
      const auto readable = co_await stream_->wait_readable();
      if (!readable) co_return Bytes();
    }
  }

  net::Shard& shard_;
  std::unique_ptr<net::Stream> stream_;
  net::Outbox outbox_;
  Bytes input_;
};

// A loop with a listener and what a peer needs to reach it.
class ScriptedCloudTest : public net::TestLoop {
 protected:
  // The next connection that arrives, over plain TCP.
  net::awaitable<std::unique_ptr<ScriptedCloud>> accept() {
    while (!accepted_) co_await yield();
    auto stream = std::make_unique<net::TcpStream>(std::move(*accepted_));
    accepted_.reset();
    co_return std::make_unique<ScriptedCloud>(shard_, std::move(stream));
  }

  std::string uri(std::string_view scheme) const {
    return std::string(scheme) + net::to_text(listener_->endpoint());
  }

  DeviceSettings device_at(std::string server) const {
    DeviceSettings settings = test_device();
    settings.server = std::move(server);
    settings.pace.first_pause = std::chrono::milliseconds(0);
    return settings;
  }

  std::unique_ptr<net::Listener> listener_ = listen();
};

}  // namespace ocf::sim
