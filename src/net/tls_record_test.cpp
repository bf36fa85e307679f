// One message is one record: seen from outside, on the client's raw socket.
#include "net/tcp_stream.hpp"
#include "net/test_loop.hpp"
#include "net/tls_stream.hpp"
#include "net/tls_test_credentials.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace ocf::net {
namespace {

constexpr std::size_t record_header_bytes = 5;
constexpr std::uint8_t application_data = 23;

// A TLS client whose records pass through the test: it keeps the plain text of each application record by
// itself.
class RecordReader {
 public:
  RecordReader(Socket socket, const TlsClientContext& context)
      : stream_(std::move(socket)), ssl_(SSL_new(context.native())) {
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
  }
  ~RecordReader() { SSL_free(ssl_); }

  awaitable<void> handshake(Shard& shard) {
    while (SSL_do_handshake(ssl_) != 1) {
      send_pending();
      co_await receive_record(shard);
    }
    send_pending();
  }

  // The next application record's plain text.
  awaitable<Bytes> read_record(Shard& shard) {
    while (co_await receive_record(shard) != application_data) {
    }
    Bytes plain(20'000);
    std::size_t size = 0;
    SSL_read_ex(ssl_, plain.data(), plain.size(), &size);
    plain.resize(size);
    co_return plain;
  }

  // So many KeyUpdates (RFC 8446 §4.6.3) and data behind them, in one write.
  void send_key_updates(int count, ByteView data) {
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(SSL_key_update(ssl_, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
      EXPECT_EQ(SSL_do_handshake(ssl_), 1);
    }
    std::size_t written = 0;
    EXPECT_EQ(SSL_write_ex(ssl_, data.data(), data.size(), &written), 1);
    send_pending();
  }

  Stream& stream() { return stream_; }

 private:
  void send_pending() {
    char* start = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &start);
    if (size == 0) return;
    EXPECT_TRUE(
        stream_.try_write({reinterpret_cast<const std::uint8_t*>(start), static_cast<std::size_t>(size)}));
    (void)BIO_reset(SSL_get_wbio(ssl_));
  }

  // Hands one whole record to the session; its type.
  awaitable<std::uint8_t> receive_record(Shard& shard) {
    while (raw_.size() < record_header_bytes || raw_.size() < record_size()) {
      const Bytes more = co_await read_up_to(shard, stream_, 1);
      if (more.empty()) throw std::runtime_error("the server left");
      raw_.insert(raw_.end(), more.begin(), more.end());
    }
    const std::uint8_t type = raw_.front();
    const auto end = raw_.begin() + static_cast<std::ptrdiff_t>(record_size());
    BIO_write(SSL_get_rbio(ssl_), raw_.data(), static_cast<int>(record_size()));
    raw_.erase(raw_.begin(), end);
    co_return type;
  }

  std::size_t record_size() const { return record_header_bytes + std::size_t{raw_[3]} * 256 + raw_[4]; }

  TcpStream stream_;
  SSL* const ssl_;
  Bytes raw_;
};

class TlsRecordTest : public TestLoop, public testing::WithParamInterface<TlsVersion> {
 protected:
  awaitable<void> handshake_into(Stream& stream, std::optional<Result<void>>& outcome) {
    outcome = co_await stream.handshake();
  }

  awaitable<void> count_records() {
    auto sockets = co_await connected_sockets();
    TlsStream server(std::move(sockets.first), *server_);
    RecordReader client(std::move(sockets.second), *client_);
    std::optional<Result<void>> outcome;
    shard_.spawn(handshake_into(server, outcome));
    co_await client.handshake(shard_);
    while (!outcome) co_await yield();

    // All are in the socket before the client reads the first of them.
    Outbox outbox(shard_, server, 1 << 20);
    for (const std::size_t size : {1u, 10u, 16'384u, 2u, 40'000u, 3u}) {
      EXPECT_TRUE(outbox.send(Bytes(size, 0x5a)));
    }
    for (const std::size_t size : {1u, 10u, 16'384u, 2u, 16'384u, 16'384u, 7'232u, 3u}) {
      const Bytes plain = co_await client.read_record(shard_);
      EXPECT_EQ(plain, Bytes(size, 0x5a));
    }
  }

  awaitable<void> count_reads_of_key_updates() {
    auto sockets = co_await connected_sockets();
    TlsStream server(std::move(sockets.first), *server_);
    RecordReader client(std::move(sockets.second), *client_);
    std::optional<Result<void>> outcome;
    shard_.spawn(handshake_into(server, outcome));
    co_await client.handshake(shard_);
    while (!outcome) co_await yield();

    constexpr int updates = 20;
    client.send_key_updates(updates, Bytes{7});
    int reads_of_nothing = 0;
    for (Bytes buffer(100);;) {
      const auto readable = co_await server.wait_readable();
      EXPECT_TRUE(readable);
      const auto read = server.try_read(buffer);
      if (read) {
        EXPECT_EQ(*read, 1u);
        break;
      }
      EXPECT_EQ(read.error(), make_error_code(NetError::would_block));
      ++reads_of_nothing;
    }
    EXPECT_EQ(reads_of_nothing, updates);
  }

  awaitable<void> send_garbage() {
    auto sockets = co_await connected_sockets();
    TlsStream server(std::move(sockets.first), *server_);
    RecordReader client(std::move(sockets.second), *client_);
    std::optional<Result<void>> outcome;
    shard_.spawn(handshake_into(server, outcome));
    co_await client.handshake(shard_);
    while (!outcome) co_await yield();
    EXPECT_TRUE(*outcome);

    Bytes forged(record_header_bytes + 64, 0xff);
    forged[0] = application_data;
    forged[1] = forged[2] = 3;
    forged[3] = 0;
    forged[4] = 64;
    EXPECT_TRUE(client.stream().try_write(forged));
    const Error end = co_await read_to_the_end(shard_, server);
    EXPECT_EQ(end, make_error_code(NetError::tls_failed));
    EXPECT_FALSE(server.try_write(Bytes{1}));
  }

  const std::shared_ptr<const TlsServerContext> server_ = TlsServerContext::create(server_config()).value();
  const std::shared_ptr<const TlsClientContext> client_ =
      TlsClientContext::create(client_config(credentials().device, GetParam())).value();
};

TEST_P(TlsRecordTest, HoldsOneMessageWhichSpansSeveralOnlyAbove16KiB) { run(count_records()); }

TEST_P(TlsRecordTest, ForgedEndsTheSession) { run(send_garbage()); }

// A peer that sends nothing else gets its turn and no more.
TEST_P(TlsRecordTest, ThatUpdatesAKeyEndsARead) {
  if (GetParam() == TlsVersion::tls_1_2) GTEST_SKIP() << "TLS 1.2 has no KeyUpdate";
  run(count_reads_of_key_updates());
}

INSTANTIATE_TEST_SUITE_P(Versions, TlsRecordTest, testing::Values(TlsVersion::tls_1_2, TlsVersion::tls_1_3),
                         [](const auto& tested) {
                           return tested.param == TlsVersion::tls_1_2 ? "Tls12" : "Tls13";
                         });

}  // namespace
}  // namespace ocf::net
