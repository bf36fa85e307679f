// A stream over plain TCP.
#pragma once

#include "net/endpoint.hpp"
#include "net/shard.hpp"
#include "net/stream.hpp"

namespace ocf::net {

class TcpStream final : public Stream {
 public:
  // Takes a connected socket; sets it non-blocking and TCP_NODELAY.
  explicit TcpStream(Socket socket);

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
  std::optional<TlsPeer> tls_peer() const override { return std::nullopt; }
  bool is_revoked_by(const TlsServerContext&) const override { return false; }
  HandshakeFailure handshake_failure() const override { return {}; }

 private:
  Socket socket_;
  const Endpoint peer_;
};

}  // namespace ocf::net
