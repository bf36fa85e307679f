#include "net/tls_stream.hpp"

#include "base/random.hpp"
#include "net/tcp_stream.hpp"
#include "net/test_loop.hpp"
#include "net/tls_test_credentials.hpp"
#include "pki/revocations.hpp"

namespace ocf::net {
namespace {

class TlsStreamTest : public TestLoop, public testing::WithParamInterface<TlsVersion> {
 protected:
  using Context = std::shared_ptr<const TlsClientContext>;

  Context device_context() const {
    return TlsClientContext::create(client_config(credentials().device, GetParam())).value();
  }

  awaitable<void> handshake_into(Stream& stream, std::optional<Result<void>>& outcome) {
    outcome = co_await stream.handshake();
  }

  // Both ends have finished their handshake.
  struct Ends {
    std::unique_ptr<TlsStream> server;
    std::unique_ptr<TlsStream> client;
  };
  awaitable<Ends> established(Context context) {
    auto sockets = co_await connected_sockets();
    Ends ends;
    ends.server = std::make_unique<TlsStream>(std::move(sockets.first), *server_);
    ends.client = std::make_unique<TlsStream>(std::move(sockets.second), *context);
    std::optional<Result<void>> server_outcome;
    shard_.spawn(handshake_into(*ends.server, server_outcome));
    const auto client_outcome = co_await ends.client->handshake();
    EXPECT_TRUE(client_outcome) << ends.client->handshake_failure().text;
    while (!server_outcome) co_await yield();
    EXPECT_TRUE(*server_outcome) << ends.server->handshake_failure().text;
    co_return ends;
  }

  awaitable<void> prove_both_identities() {
    TlsClientConfig config = client_config(credentials().device, GetParam());
    config.alpn = "coap";
    const auto ends = co_await established(TlsClientContext::create(config).value());
    const auto device = ends.server->tls_peer().value();
    EXPECT_TRUE(device.certificate_verified);
    EXPECT_EQ(device.common_name, std::string("uuid:") + device_id);
    EXPECT_EQ(device.device_id, device_id);
    EXPECT_EQ(device.extended_key_usage,
              (std::vector<std::string>{"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.44924.1.6"}));
    EXPECT_EQ(device.serial.size(), 32u);
    EXPECT_EQ(device.fingerprint_sha256.size(), 64u);
    EXPECT_EQ(device.version, GetParam() == TlsVersion::tls_1_2 ? "TLSv1.2" : "TLSv1.3");
    EXPECT_EQ(device.cipher,
              GetParam() == TlsVersion::tls_1_2 ? "ECDHE-ECDSA-AES128-GCM-SHA256" : "TLS_AES_128_GCM_SHA256");
    EXPECT_EQ(device.alpn, "coap");
    EXPECT_EQ(ends.client->tls_peer().value().device_id, hub_id);
    EXPECT_EQ(ends.server->handshake_failure().text, "");
  }

  awaitable<void> let_a_peer_in_without_a_certificate() {
    TlsServerConfig server = server_config();
    server.client_certificate = ClientCertificate::if_given;
    server_ = TlsServerContext::create(server).value();
    TlsClientConfig client = client_config({}, GetParam());
    const auto ends = co_await established(TlsClientContext::create(client).value());
    const auto peer = ends.server->tls_peer().value();
    EXPECT_FALSE(peer.certificate_verified);
    EXPECT_EQ(peer.common_name + peer.device_id + peer.serial + peer.alpn, "");
    EXPECT_FALSE(ends.server->is_revoked_by(*server_));
  }

  static std::shared_ptr<const TlsServerContext> with_list(std::string crl) {
    TlsServerConfig config = server_config();
    config.crls = {std::move(crl)};
    return TlsServerContext::create(config).value();
  }

  awaitable<void> learn_of_a_revocation_later() {
    const auto ends = co_await established(device_context());
    const pki::Credential& authority = credentials().authority;
    const std::string serial = pki::read_serial(credentials().device.certificate).value();
    EXPECT_FALSE(ends.server->is_revoked_by(*server_));
    const auto of_another = with_list(pki::revoke(authority, "", {"01"}, wall_now()).value());
    EXPECT_FALSE(ends.server->is_revoked_by(*of_another));
    // Its thisUpdate long ago: a list that is out of date still counts.
    const Time past = wall_now() - std::chrono::hours(24);
    const auto of_this = with_list(pki::revoke(authority, "", {serial}, past).value());
    EXPECT_TRUE(ends.server->is_revoked_by(*of_this));
    const auto namesake = pki::create_authority("Test authority", credentials().valid).value();
    const auto forged = with_list(pki::revoke(namesake, "", {serial}, wall_now()).value());
    EXPECT_FALSE(ends.server->is_revoked_by(*forged));
  }

  awaitable<void> echo_much() {
    auto sockets = co_await connected_sockets();
    sockets.first.set_option(boost::asio::socket_base::send_buffer_size(1));
    const auto context = device_context();
    TlsStream server(std::move(sockets.first), *server_);
    TlsStream client(std::move(sockets.second), *context);
    shard_.spawn(echo(shard_, server));
    const auto ready = co_await client.handshake();
    EXPECT_TRUE(ready);
    Outbox outbox(shard_, client, 8 << 20);
    const Bytes content = random_bytes(1 << 20);
    EXPECT_TRUE(outbox.send(content));
    const Bytes answer = co_await read_up_to(shard_, client, content.size());
    EXPECT_EQ(answer, content);
    client.close();
    while (server.is_open()) co_await yield();
  }

  awaitable<void> deliver_through_a_small_socket() {
    auto sockets = co_await connected_sockets();
    sockets.first.set_option(boost::asio::socket_base::send_buffer_size(1));
    const auto context = device_context();
    TlsStream server(std::move(sockets.first), *server_);
    TlsStream client(std::move(sockets.second), *context);
    std::optional<Result<void>> outcome;
    shard_.spawn(handshake_into(server, outcome));
    const auto ready = co_await client.handshake();
    EXPECT_TRUE(ready);
    while (!outcome) co_await yield();

    Outbox outbox(shard_, server, 32 << 20);
    Bytes expected;
    for (std::size_t i = 0; i < 120; ++i) {
      const Bytes message = random_bytes(1 + i * 337);  // up to three records
      expected.insert(expected.end(), message.begin(), message.end());
      EXPECT_TRUE(outbox.send(message));
    }
    EXPECT_GT(outbox.bytes_kept(), 0u);
    outbox.finish();
    const Bytes got = co_await read_up_to(shard_, client, expected.size());
    EXPECT_EQ(got, expected);
    const Error end = co_await read_to_the_end(shard_, client);
    EXPECT_EQ(end, make_error_code(NetError::end_of_stream));
  }

  awaitable<void> read_a_record_piecemeal() {
    const auto ends = co_await established(device_context());
    EXPECT_TRUE(ends.client->try_write(Bytes(1000)));
    const auto ready = co_await ends.server->wait_readable();
    EXPECT_TRUE(ready);
    std::uint8_t piece[100];
    for (int i = 0; i < 10; ++i) {
      // The socket itself has nothing more to read: the wait must see what the session holds.
      const auto more = co_await ends.server->wait_readable();
      EXPECT_TRUE(more);
      const auto got = ends.server->try_read(piece);
      EXPECT_EQ(got.value(), sizeof piece);
    }
    EXPECT_EQ(ends.server->try_read(piece).error(), make_error_code(NetError::would_block));
  }

  awaitable<void> finish_one_way_then_the_other() {
    const auto ends = co_await established(device_context());
    ends.server->shutdown();
    const Error at_client = co_await read_to_the_end(shard_, *ends.client);
    EXPECT_EQ(at_client, make_error_code(NetError::end_of_stream));
    EXPECT_TRUE(ends.client->try_write(as_bytes("last words")));
    ends.client->shutdown_and_close();
    const Bytes last = co_await read_up_to(shard_, *ends.server, 10);
    EXPECT_EQ(as_text(last), "last words");
    const Error at_server = co_await read_to_the_end(shard_, *ends.server);
    EXPECT_EQ(at_server, make_error_code(NetError::end_of_stream));
  }

  awaitable<void> leave_without_a_word() {
    const auto ends = co_await established(device_context());
    ends.client->close();
    const Error end = co_await read_to_the_end(shard_, *ends.server);
    EXPECT_EQ(end, make_error_code(NetError::end_of_stream));
    EXPECT_EQ(ends.client->try_read(shard_.scratch()).error(), make_error_code(NetError::closed));
    EXPECT_EQ(ends.client->try_write(Bytes{1}).error(), make_error_code(NetError::closed));
    const auto ready = co_await ends.client->wait_readable();
    EXPECT_EQ(ready.error(), make_error_code(NetError::closed));
  }

  std::shared_ptr<const TlsServerContext> server_ = TlsServerContext::create(server_config()).value();
};

TEST_P(TlsStreamTest, ProvesBothIdentities) { run(prove_both_identities()); }

TEST_P(TlsStreamTest, LetsAPeerInWithoutACertificateWhereNoneIsRequired) {
  run(let_a_peer_in_without_a_certificate());
}

TEST_P(TlsStreamTest, LearnsOfARevocationAfterTheHandshake) { run(learn_of_a_revocation_later()); }

TEST_P(TlsStreamTest, EchoesMoreThanTheSocketsHold) { run(echo_much()); }

TEST_P(TlsStreamTest, DeliversEverythingThroughASmallSocket) { run(deliver_through_a_small_socket()); }

TEST_P(TlsStreamTest, DoesNotWaitWhileTheSessionHoldsBytes) { run(read_a_record_piecemeal()); }

TEST_P(TlsStreamTest, ClosesEachDirectionByItself) { run(finish_one_way_then_the_other()); }

TEST_P(TlsStreamTest, TakesASilentLeaveForTheEnd) { run(leave_without_a_word()); }

INSTANTIATE_TEST_SUITE_P(Versions, TlsStreamTest, testing::Values(TlsVersion::tls_1_2, TlsVersion::tls_1_3),
                         [](const auto& tested) {
                           return tested.param == TlsVersion::tls_1_2 ? "Tls12" : "Tls13";
                         });

}  // namespace
}  // namespace ocf::net
