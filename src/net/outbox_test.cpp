#include "net/outbox.hpp"

#include "base/random.hpp"
#include "net/tcp_stream.hpp"
#include "net/test_loop.hpp"

namespace ocf::net {
namespace {

class OutboxTest : public TestLoop {
 protected:
  // The sender's buffer is as small as the kernel allows. (A receiver's would make TCP probe its window at
  // leisure.)
  awaitable<std::pair<Socket, Socket>> narrow_pair() {
    auto ends = co_await connected_sockets();
    ends.first.set_option(boost::asio::socket_base::send_buffer_size(1));
    co_return ends;
  }

  awaitable<void> deliver_through_a_small_socket() {
    auto ends = co_await narrow_pair();
    TcpStream server(std::move(ends.first));
    TcpStream client(std::move(ends.second));
    Outbox outbox(shard_, server, 32 << 20);
    Bytes expected;
    for (std::size_t i = 0; i < 50; ++i) {
      const Bytes message = random_bytes(1 + 977 * i);
      expected.insert(expected.end(), message.begin(), message.end());
      EXPECT_TRUE(outbox.send(message));
    }
    EXPECT_GT(outbox.bytes_kept(), 0u);
    outbox.finish();
    EXPECT_EQ(outbox.send(Bytes{1}).error(), make_error_code(NetError::closed));
    const Bytes got = co_await read_up_to(shard_, client, expected.size());
    EXPECT_EQ(got, expected);
    const Error end = co_await read_to_the_end(shard_, client);
    EXPECT_EQ(end, make_error_code(NetError::end_of_stream));
    EXPECT_EQ(outbox.bytes_kept(), 0u);
  }

  awaitable<void> fill_up_to_the_limit() {
    auto ends = co_await narrow_pair();
    TcpStream server(std::move(ends.first));
    constexpr std::size_t bytes_max = 100'000;
    Outbox outbox(shard_, server, bytes_max);
    Result<void> sent;
    for (int i = 0; i < 10'000 && sent; ++i) sent = outbox.send(Bytes(10'000));
    EXPECT_EQ(sent.error(), make_error_code(NetError::write_queue_full));
    EXPECT_LE(outbox.bytes_kept(), bytes_max);
    EXPECT_GT(outbox.bytes_kept(), bytes_max - 10'000);
  }

  // A byte each, and what it costs to keep it.
  awaitable<void> fill_up_with_small_messages() {
    auto ends = co_await narrow_pair();
    TcpStream server(std::move(ends.first));
    constexpr std::size_t bytes_max = 100'000;
    Outbox outbox(shard_, server, bytes_max);
    while (outbox.bytes_kept() == 0) EXPECT_TRUE(outbox.send(Bytes(10'000)));
    std::size_t kept = 0;
    while (outbox.send(Bytes{1})) ++kept;
    EXPECT_LE(kept, bytes_max / Outbox::kept_cost);
    EXPECT_GT(kept, 0u);
  }

  awaitable<void> lose_the_peer_with_messages_kept() {
    auto ends = co_await narrow_pair();
    TcpStream server(std::move(ends.first));
    std::optional<TcpStream> client(std::in_place, std::move(ends.second));
    Outbox outbox(shard_, server, 32 << 20);
    EXPECT_TRUE(outbox.send(Bytes(1 << 20)));
    EXPECT_GT(outbox.bytes_kept(), 0u);
    client.reset();  // with bytes unread: a reset
    const Error end = co_await read_to_the_end(shard_, server);
    EXPECT_TRUE(end == NetError::reset || end == NetError::closed) << end;
    while (server.is_open()) co_await yield();
    EXPECT_EQ(outbox.bytes_kept(), 0u);
    EXPECT_EQ(outbox.send(Bytes{1}).error(), make_error_code(NetError::closed));
  }

  awaitable<void> destroy_with_messages_kept() {
    auto ends = co_await narrow_pair();
    {
      TcpStream server(std::move(ends.first));
      Outbox outbox(shard_, server, 32 << 20);
      EXPECT_TRUE(outbox.send(Bytes(1 << 20)));
      co_await yield();
      co_await yield();
    }
    for (int i = 0; i < 10; ++i) co_await yield();
  }

  awaitable<void> close_under_a_waiting_reader() {
    auto ends = co_await connected_sockets();
    TcpStream server(std::move(ends.first));
    boost::asio::post(shard_.context(), [&server] { server.close(); });
    const auto ready = co_await server.wait_readable();
    EXPECT_EQ(ready.error(), make_error_code(NetError::closed));
    EXPECT_EQ(server.try_read(shard_.scratch()).error(), make_error_code(NetError::closed));
    EXPECT_EQ(server.try_write(Bytes{1}).error(), make_error_code(NetError::closed));
    const auto again = co_await server.wait_writable();
    EXPECT_EQ(again.error(), make_error_code(NetError::closed));
    server.close();
  }
};

TEST_F(OutboxTest, DeliversEverythingThroughASmallSocketThenFinishes) {
  run(deliver_through_a_small_socket());
}

TEST_F(OutboxTest, RefusesWhatIsAboveItsLimit) { run(fill_up_to_the_limit()); }

TEST_F(OutboxTest, RefusesManySmallMessagesBeforeTheyFillTheMemory) { run(fill_up_with_small_messages()); }

TEST_F(OutboxTest, ClosesTheStreamWhenKeptMessagesCannotBeWritten) {
  run(lose_the_peer_with_messages_kept());
}

TEST_F(OutboxTest, MayGoWithMessagesKept) { run(destroy_with_messages_kept()); }

TEST_F(OutboxTest, TcpStreamResumesItsWaiterWhenClosed) { run(close_under_a_waiting_reader()); }

}  // namespace
}  // namespace ocf::net
