#include "net/listener.hpp"

#include "net/tcp_stream.hpp"
#include "net/test_loop.hpp"

#include <sys/resource.h>

namespace ocf::net {
namespace {

class ListenerTest : public TestLoop {
 protected:
  awaitable<void> echo_over(const char* address) {
    const auto listener = listen(address);
    EXPECT_NE(listener->endpoint().port(), 0);
    auto made = co_await connect(shard_, listener->endpoint());
    TcpStream client(std::move(made.value()));
    while (!accepted_) co_await yield();
    TcpStream server(std::move(*accepted_));
    EXPECT_EQ(client.peer_address(), to_text(listener->endpoint()));
    shard_.spawn(echo(shard_, server));
    Outbox outbox(shard_, client, 1 << 20);
    EXPECT_TRUE(outbox.send(copy_of(as_bytes("hello"))));
    const Bytes answer = co_await read_up_to(shard_, client, 5);
    EXPECT_EQ(as_text(answer), "hello");
    outbox.finish();
    const Error end = co_await read_to_the_end(shard_, client);
    EXPECT_EQ(end, make_error_code(NetError::end_of_stream));
  }

  awaitable<void> connect_above_the_limit() {
    ConnectionLimit one(1);
    std::vector<std::pair<Socket, ConnectionLimit::Slot>> accepted;
    const auto keep = [&accepted](Socket socket, ConnectionLimit::Slot slot) {
      accepted.emplace_back(std::move(socket), std::move(slot));
    };
    std::vector<Endpoint> turned_away;
    const auto note = [&turned_away](const Endpoint& peer) { turned_away.push_back(peer); };
    auto listener = Listener::open(shard_, parse_endpoint("127.0.0.1:0").value(), one, keep, note).value();
    auto first = co_await connect(shard_, listener->endpoint());
    auto second = co_await connect(shard_, listener->endpoint());
    const Endpoint second_address = second->local_endpoint();
    TcpStream refused(std::move(second.value()));
    const Error end = co_await read_to_the_end(shard_, refused);
    EXPECT_EQ(end, make_error_code(NetError::end_of_stream));
    EXPECT_EQ(turned_away, std::vector{second_address});
    EXPECT_EQ(one.refused(), 1u);
    EXPECT_EQ(one.open(), 1u);
    EXPECT_EQ(accepted.size(), 1u);

    accepted.clear();
    EXPECT_EQ(one.open(), 0u);
    auto third = co_await connect(shard_, listener->endpoint());
    while (accepted.empty()) co_await yield();
  }

  awaitable<void> run_out_of_descriptors() {
    const auto listener = listen();
    Socket socket(shard_.context());
    socket.open(boost::asio::ip::tcp::v4());
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit none_left = before;
    none_left.rlim_cur = static_cast<rlim_t>(socket.native_handle()) + 1;
    setrlimit(RLIMIT_NOFILE, &none_left);
    co_await socket.async_connect(listener->endpoint(), boost::asio::use_awaitable);
    const SteadyTime begin = steady_now();
    while (listener->pauses() == 0) co_await yield();
    for (int i = 0; i < 1000; ++i) co_await yield();
    // It does not spin: at most one attempt in 100 ms, beside the first.
    EXPECT_LE(static_cast<std::int64_t>(listener->pauses()),
              1 + (steady_now() - begin) / std::chrono::milliseconds(100));
    EXPECT_FALSE(accepted_);
    setrlimit(RLIMIT_NOFILE, &before);
    while (!accepted_) co_await yield();
  }

  awaitable<void> accept_when_it_is_time() {
    ConnectionLimit many(100);
    std::vector<std::pair<Socket, ConnectionLimit::Slot>> accepted;
    const auto keep = [&accepted](Socket socket, ConnectionLimit::Slot slot) {
      accepted.emplace_back(std::move(socket), std::move(slot));
    };
    SteadyTime next = SteadyTime::max();
    const auto say = [&next] { return next; };
    auto listener =
        Listener::open(shard_, parse_endpoint("127.0.0.1:0").value(), many, keep, {}, say).value();
    auto first = co_await connect(shard_, listener->endpoint());
    auto second = co_await connect(shard_, listener->endpoint());
    for (int i = 0; i < 1000; ++i) co_await yield();
    EXPECT_TRUE(accepted.empty());

    const SteadyTime soon = next = steady_now() + std::chrono::milliseconds(20);
    listener->resume();
    while (accepted.size() < 2) co_await yield();
    EXPECT_GE(steady_now(), soon);

    next = SteadyTime::max();
    listener->pause();
    auto third = co_await connect(shard_, listener->endpoint());
    for (int i = 0; i < 1000; ++i) co_await yield();
    EXPECT_EQ(accepted.size(), 2u);
    next = SteadyTime::min();
    listener->resume();
    while (accepted.size() < 3) co_await yield();
  }

  awaitable<void> destroy_with_a_connection_waiting() {
    auto listener = listen();
    auto made = co_await connect(shard_, listener->endpoint());
    EXPECT_TRUE(made);
    listener.reset();
    for (int i = 0; i < 10; ++i) co_await yield();
  }
};

TEST_F(ListenerTest, AcceptsWhatAnOutgoingStreamEchoesThroughOverIpv4) { run(echo_over("127.0.0.1:0")); }

TEST_F(ListenerTest, AcceptsWhatAnOutgoingStreamEchoesThroughOverIpv6) { run(echo_over("[::1]:0")); }

TEST_F(ListenerTest, ClosesConnectionsAboveTheLimitAndCountsThem) { run(connect_above_the_limit()); }

TEST_F(ListenerTest, PausesWhenDescriptorsRunOutAndGoesOnAfterwards) { run(run_out_of_descriptors()); }

TEST_F(ListenerTest, LetsConnectionsWaitUntilItIsTime) { run(accept_when_it_is_time()); }

TEST_F(ListenerTest, MayGoWhileAConnectionWaits) { run(destroy_with_a_connection_waiting()); }

TEST_F(ListenerTest, NamesTheSystemsReasonForNotListening) {
  const auto listener = Listener::open(shard_, parse_endpoint("192.0.2.1:0").value(), limit_, {}, {});
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error(), boost::system::errc::address_not_available);
}

TEST_F(ListenerTest, RefusesAnAddressThatIsTaken) {
  const auto first = listen();
  const auto second = Listener::open(shard_, first->endpoint(), limit_, {}, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), boost::system::errc::address_in_use);
}

}  // namespace
}  // namespace ocf::net
