// What a TLS listener refuses, and how it says why.
#include "net/tcp_stream.hpp"
#include "net/test_loop.hpp"
#include "net/tls_stream.hpp"
#include "net/tls_test_credentials.hpp"
#include "pki/revocations.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace ocf::net {
namespace {

// Whether the text holds all of the phrases.
testing::AssertionResult says(const std::string& text, std::initializer_list<const char*> phrases) {
  for (const char* phrase : phrases) {
    if (text.find(phrase) == std::string::npos) {
      return testing::AssertionFailure() << "no \"" << phrase << "\" in \"" << text << '"';
    }
  }
  return testing::AssertionSuccess();
}

// The first flight of a client that offers just these; no listener of ours accepts it.
Bytes client_hello(int version, const char* suites) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  SSL_CTX_set_cipher_list(context, suites);
  SSL* const ssl = SSL_new(context);
  BIO* const sent = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), sent);
  SSL_connect(ssl);
  char* start = nullptr;
  const long size = BIO_get_mem_data(sent, &start);
  Bytes hello(start, start + size);
  SSL_free(ssl);
  SSL_CTX_free(context);
  return hello;
}

class TlsRefusalTest : public TestLoop {
 protected:
  struct Refusal {
    Error error;
    std::string text;
    HandshakeFault fault = HandshakeFault::other;
    std::string device_id;
  };
  static Refusal refusal_of(const Error& error, const TlsStream& server) {
    const HandshakeFailure failure = server.handshake_failure();
    return {error, failure.text, failure.fault, failure.device_id};
  }

  awaitable<void> connect_with(std::shared_ptr<const TlsClientContext> context, Socket socket) {
    TlsStream client(std::move(socket), *context);
    const auto established = co_await client.handshake();
    // By TLS 1.3 the client has finished before the server has seen its certificate: the alert comes
    // afterwards.
    const Error end = established ? co_await read_to_the_end(shard_, client) : established.error();
    EXPECT_NE(end, make_error_code(NetError::would_block));
    client.close();
  }

  awaitable<void> refuse_client(TlsClientConfig config, Refusal& refusal) {
    auto sockets = co_await connected_sockets();
    shard_.spawn(connect_with(TlsClientContext::create(config).value(), std::move(sockets.second)));
    TlsStream server(std::move(sockets.first), *server_);
    const auto established = co_await server.handshake();
    refusal = refusal_of(established.error(), server);
  }

  awaitable<void> refuse_bytes(Bytes first_bytes, Refusal& refusal) {
    auto sockets = co_await connected_sockets();
    TcpStream client(std::move(sockets.second));
    EXPECT_TRUE(client.try_write(first_bytes));
    TlsStream server(std::move(sockets.first), *server_);
    const auto established = co_await server.handshake();
    refusal = refusal_of(established.error(), server);
  }

  Refusal refused(TlsClientConfig config) {
    Refusal refusal;
    run(refuse_client(std::move(config), refusal));
    return refusal;
  }
  Refusal refused(Bytes first_bytes) {
    Refusal refusal;
    run(refuse_bytes(std::move(first_bytes), refusal));
    return refusal;
  }

  awaitable<void> stop_a_silent_handshake() {
    auto sockets = co_await connected_sockets();
    TlsStream server(std::move(sockets.first), *server_);
    boost::asio::post(shard_.context(), [&server] { server.close(); });
    const auto established = co_await server.handshake();
    EXPECT_EQ(established.error(), make_error_code(NetError::closed));
    EXPECT_EQ(server.handshake_failure().text, "closed by this side; the peer sent no ClientHello");
    EXPECT_EQ(server.handshake_failure().fault, HandshakeFault::unfinished);
  }

  awaitable<void> leave_before_the_hello() {
    auto sockets = co_await connected_sockets();
    sockets.second.close();
    TlsStream server(std::move(sockets.first), *server_);
    const auto established = co_await server.handshake();
    EXPECT_EQ(established.error(), make_error_code(NetError::end_of_stream));
    EXPECT_EQ(server.handshake_failure().text, "the peer has finished sending; the peer sent no ClientHello");
  }

  awaitable<void> distrust_the_server() {
    auto sockets = co_await connected_sockets();
    TlsClientConfig config = client_config(credentials().device, TlsVersion::tls_1_2);
    config.ca_pool = {pki::create_authority("Other authority", credentials().valid)->certificate};
    const auto context = TlsClientContext::create(config).value();
    HandshakeFailure at_server;
    shard_.spawn(report_server_failure(std::move(sockets.first), at_server));
    TlsStream client(std::move(sockets.second), *context);
    const auto established = co_await client.handshake();
    EXPECT_EQ(established.error(), make_error_code(NetError::handshake_failed));
    EXPECT_TRUE(says(client.handshake_failure().text, {"certificate verify failed"}));
    while (at_server.text.empty()) co_await yield();
    EXPECT_TRUE(says(at_server.text, {"alert unknown ca"}));
    EXPECT_EQ(at_server.fault, HandshakeFault::distrusted);
  }

  awaitable<void> report_server_failure(Socket socket, HandshakeFailure& failure) {
    TlsStream server(std::move(socket), *server_);
    const auto established = co_await server.handshake();
    EXPECT_FALSE(established);
    failure = server.handshake_failure();
  }

  std::shared_ptr<const TlsServerContext> server_ = TlsServerContext::create(server_config()).value();
};

class TlsRefusalByVersionTest : public TlsRefusalTest, public testing::WithParamInterface<TlsVersion> {};

TEST_P(TlsRefusalByVersionTest, NamesAMissingCertificate) {
  TlsClientConfig config = client_config(credentials().device, GetParam());
  config.certificate_chain.clear();
  const Refusal refusal = refused(config);
  EXPECT_EQ(refusal.error, make_error_code(NetError::handshake_failed));
  EXPECT_TRUE(says(refusal.text, {"peer did not return a certificate", "offered TLS 1.",
                                  "; required a certificate", "ECDHE-ECDSA-AES128-GCM-SHA256"}));
  EXPECT_EQ(refusal.fault, HandshakeFault::no_certificate);
  EXPECT_EQ(refusal.device_id, "");
}

TEST_P(TlsRefusalByVersionTest, NamesACertificateOfAForeignAuthority) {
  const auto foreign = pki::create_authority("Foreign authority", credentials().valid).value();
  const auto device = pki::issue_device(foreign, device_id, credentials().valid).value();
  const Refusal refusal = refused(client_config(device, GetParam()));
  EXPECT_EQ(refusal.error, make_error_code(NetError::handshake_failed));
  EXPECT_TRUE(says(refusal.text, {"certificate verify failed", device_id, "issuer \"Foreign authority\"",
                                  "usages 1.3.6.1.5.5.7.3.1 1.3.6.1.5.5.7.3.2 1.3.6.1.4.1.44924.1.6, valid ",
                                  "unable to get local issuer certificate", "required a chain to a CA"}));
  EXPECT_EQ(refusal.fault, HandshakeFault::unknown_authority);
  EXPECT_EQ(refusal.device_id, device_id);
}

TEST_P(TlsRefusalByVersionTest, NamesAnExpiredCertificate) {
  const pki::Validity past{wall_now() - std::chrono::hours(2), wall_now() - std::chrono::minutes(1)};
  const auto device = pki::issue_device(credentials().authority, device_id, past).value();
  const Refusal refusal = refused(client_config(device, GetParam()));
  EXPECT_EQ(refusal.error, make_error_code(NetError::handshake_failed));
  EXPECT_TRUE(says(refusal.text, {device_id, "certificate has expired"}));
  EXPECT_EQ(refusal.fault, HandshakeFault::certificate_dates);
  EXPECT_EQ(refusal.device_id, device_id);
}

TEST_P(TlsRefusalByVersionTest, NamesACertificateThatNamesNoDevice) {
  const auto lamp = pki::issue_device(credentials().authority, "lamp", credentials().valid).value();
  const Refusal refusal = refused(client_config(lamp, GetParam()));
  EXPECT_EQ(refusal.error, make_error_code(NetError::handshake_failed));
  EXPECT_TRUE(says(refusal.text, {"certificate \"uuid:lamp\"", "it names no device", "required usages",
                                  "1.3.6.1.4.1.44924.1.6 (OCF identity)", "uuid:<device id>"}));
  EXPECT_EQ(refusal.fault, HandshakeFault::no_identity);
}

TEST_P(TlsRefusalByVersionTest, NamesARevokedCertificate) {
  const std::string serial = pki::read_serial(credentials().device.certificate).value();
  TlsServerConfig config = server_config();
  config.crls = {pki::revoke(credentials().authority, "", {serial}, wall_now()).value()};
  server_ = TlsServerContext::create(config).value();
  const Refusal refusal = refused(client_config(credentials().device, GetParam()));
  EXPECT_EQ(refusal.error, make_error_code(NetError::handshake_failed));
  EXPECT_TRUE(
      says(refusal.text, {"certificate verify failed", device_id, serial.c_str(), "certificate revoked"}));
  EXPECT_EQ(refusal.fault, HandshakeFault::revoked);
  EXPECT_EQ(refusal.device_id, device_id);
}

TEST_P(TlsRefusalByVersionTest, RefusesAForeignCertificateAlsoWhereNoneIsRequired) {
  TlsServerConfig config = server_config();
  config.client_certificate = ClientCertificate::if_given;
  server_ = TlsServerContext::create(config).value();
  const auto foreign = pki::create_authority("Foreign authority", credentials().valid).value();
  const auto device = pki::issue_device(foreign, device_id, credentials().valid).value();
  EXPECT_EQ(refused(client_config(device, GetParam())).fault, HandshakeFault::unknown_authority);
}

TEST_P(TlsRefusalByVersionTest, NamesTheProtocolsWhenCoapIsNotAmongThem) {
  TlsClientConfig config = client_config(credentials().device, GetParam());
  config.alpn = "h2";
  const Refusal refusal = refused(config);
  EXPECT_EQ(refusal.error, make_error_code(NetError::handshake_failed));
  EXPECT_TRUE(says(refusal.text, {"no application protocol", ", ALPN h2; required ALPN coap, or none"}));
  EXPECT_EQ(refusal.fault, HandshakeFault::application_protocol);
}

INSTANTIATE_TEST_SUITE_P(Versions, TlsRefusalByVersionTest,
                         testing::Values(TlsVersion::tls_1_2, TlsVersion::tls_1_3), [](const auto& tested) {
                           return tested.param == TlsVersion::tls_1_2 ? "Tls12" : "Tls13";
                         });

TEST_F(TlsRefusalTest, TellsPlainCoapFromTls) {
  const Refusal refusal = refused(from_hex("d877026949fef2eabc758ab36f6963").value());
  EXPECT_EQ(refusal.error, make_error_code(NetError::handshake_failed));
  EXPECT_EQ(refusal.text, "wrong version number; the peer sent no ClientHello; required TLS");
  EXPECT_EQ(refusal.fault, HandshakeFault::not_tls);
}

TEST_F(TlsRefusalTest, TellsHttpFromTls) {
  const Refusal refusal = refused(copy_of(as_bytes("GET / HTTP/1.1\r\n\r\n")));
  EXPECT_EQ(refusal.text, "http request; the peer sent no ClientHello; required TLS");
  EXPECT_EQ(refusal.fault, HandshakeFault::not_tls);
}

TEST_F(TlsRefusalTest, NamesTheSuitesWhenNoneIsShared) {
  const Refusal refusal = refused(client_hello(TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256:AES256-SHA"));
  EXPECT_EQ(refusal.error, make_error_code(NetError::handshake_failed));
  EXPECT_TRUE(
      says(refusal.text,
           {"no shared cipher; offered TLS 1.2, ECDHE-RSA-AES128-GCM-SHA256 AES256-SHA, groups X25519 P-256 ",
            ", signatures ecdsa_secp256r1_sha256 ", "; required one of TLS_AES_128_GCM_SHA256 ",
            " ECDHE-ECDSA-AES256-SHA384 with a group of P-256:P-384"}));
  EXPECT_LT(refusal.text.size(), 1000u);
  EXPECT_EQ(refusal.fault, HandshakeFault::suite);
}

TEST_F(TlsRefusalTest, NamesTheVersionWhenItIsTooOld) {
  const Refusal refusal = refused(client_hello(TLS1_1_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"));
  EXPECT_EQ(refusal.text,
            "unsupported protocol; offered TLS 1.1, ECDHE-ECDSA-AES128-SHA; required TLS 1.2 or TLS 1.3");
  EXPECT_EQ(refusal.fault, HandshakeFault::version);
}

TEST_F(TlsRefusalTest, StopsWhenTheCallerCloses) { run(stop_a_silent_handshake()); }

TEST_F(TlsRefusalTest, TellsWhenThePeerLeft) { run(leave_before_the_hello()); }

TEST_F(TlsRefusalTest, IsReportedOnBothSidesWhenTheClientDistrustsTheServer) { run(distrust_the_server()); }

}  // namespace
}  // namespace ocf::net
