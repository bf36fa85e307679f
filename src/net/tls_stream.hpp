// A stream over TLS: OpenSSL directly on the socket's descriptor. An idle session keeps no buffers.
#pragma once

#include "net/endpoint.hpp"
#include "net/shard.hpp"
#include "net/stream.hpp"
#include "net/tls_context.hpp"

#include <memory>
#include <string>

using SSL = struct ssl_st;

namespace ocf::net {

class HandshakeReport;

// About 21 KB with mutual TLS, nearly all of it OpenSSL's. Not movable: OpenSSL's callbacks know its address.
class TlsStream final : public Stream {
 public:
  // Takes a connected socket; sets it non-blocking and TCP_NODELAY. The context may be released afterwards.
  TlsStream(Socket socket, const TlsServerContext& context);
  TlsStream(Socket socket, const TlsClientContext& context);
  ~TlsStream() override;

  awaitable<Result<void>> handshake() override;
  Result<std::size_t> try_read(std::span<std::uint8_t> buffer) override;
  Result<std::size_t> try_write(ByteView bytes) override;
  awaitable<Result<void>> wait_readable() override;
  awaitable<Result<void>> wait_writable() override;
  void shutdown() override;
  void shutdown_and_close() override;
  void close() override;
  bool is_open() const override { return socket_.is_open(); }
  std::string peer_address() const override { return to_text(peer_); }
  std::optional<TlsPeer> tls_peer() const override;
  bool is_revoked_by(const TlsServerContext& context) const override;
  HandshakeFailure handshake_failure() const override;

 private:
  struct SslFree {
    void operator()(SSL* ssl) const;
  };
  TlsStream(Socket socket, SSL_CTX* context);
  bool usable() const { return established_ && !failed_ && socket_.is_open(); }
  // What an operation on the session that did not succeed means.
  Error failure_of(int result);
  Error handshake_stopped(const Error& error);

  Socket socket_;
  const Endpoint peer_;
  std::unique_ptr<SSL, SslFree> ssl_;
  std::unique_ptr<HandshakeReport> report_;  // gone once the handshake succeeded
  bool established_ = false;
  bool failed_ = false;  // OpenSSL forbids further use of the session
  bool read_wants_write_ =
      false;  // OpenSSL asks for the other direction when it has protocol messages to exchange
  bool write_wants_read_ = false;
};

}  // namespace ocf::net
