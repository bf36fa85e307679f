// Stream: one connection's bytes, over TCP or TLS, accepted or made by us.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/gate.hpp"
#include "net/handshake_failure.hpp"
#include "net/tls_peer.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace ocf::net {

class TlsServerContext;

// Driven by readiness: try until would_block, then wait. Lives on its shard; owned by the connection. The
// waits are not coroutines of their own, so a parked connection is one frame of the caller and one of asio.
// At most one coroutine waits for each direction. A deadline is the caller's: it calls close(), and whoever
// waits resumes with `closed`.
class Stream {
 public:
  virtual ~Stream() = default;

  // TLS: performs the handshake; TCP: nothing. Errors: handshake_failed, end_of_stream, reset, closed. May
  // suspend.
  virtual awaitable<Result<void>> handshake() = 0;

  // Reads at least one byte. Errors: would_block, end_of_stream, reset, tls_failed, closed. Read until
  // would_block before waiting, or stop earlier: what TLS has already decrypted makes the next wait return at
  // once.
  virtual Result<std::size_t> try_read(std::span<std::uint8_t> buffer) = 0;

  // TCP: writes as much as fits. TLS: writes all as one record (several if longer than 16 KiB) or answers
  // would_block, and then must be repeated with the same bytes before anything else is written: Outbox does.
  // Errors: as try_read.
  virtual Result<std::size_t> try_write(ByteView bytes) = 0;

  // Resume when a read or a write may get on. Errors: closed, reset.
  virtual awaitable<Result<void>> wait_readable() = 0;
  virtual awaitable<Result<void>> wait_writable() = 0;

  // Tells the peer that nothing more will come (TLS close_notify, TCP FIN); reading goes on. Closing while
  // bytes of the peer are unread may destroy our last message on its way: to be sure that it arrives, read on
  // until end_of_stream or a deadline, then close.
  virtual void shutdown() = 0;
  virtual void shutdown_and_close() = 0;
  // At once; whoever waits resumes with `closed`. May be called again.
  virtual void close() = 0;
  virtual bool is_open() const = 0;

  // "192.0.2.7:49152"; also after close().
  virtual std::string peer_address() const = 0;
  // Nothing over TCP and before the handshake. Read from the certificate at each call: keep what you need.
  virtual std::optional<TlsPeer> tls_peer() const = 0;
  // Whether a CRL of this context, newer perhaps than the stream's own, lists the peer's certificate or one
  // above it. No without a certificate.
  virtual bool is_revoked_by(const TlsServerContext& context) const = 0;
  // After handshake() of a TLS stream failed. Otherwise without a text.
  virtual HandshakeFailure handshake_failure() const = 0;
};

}  // namespace ocf::net
