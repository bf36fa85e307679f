#include "net/tls_stream.hpp"

#include "base/assert.hpp"
#include "net/certificate_text.hpp"
#include "net/error.hpp"
#include "net/handshake_report.hpp"
#include "net/readiness.hpp"
#include "net/revocation.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>

namespace ocf::net {
namespace {

Endpoint remote_endpoint(const Socket& socket) {
  Error ignored;
  return socket.remote_endpoint(ignored);
}

}  // namespace

void TlsStream::SslFree::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsStream::TlsStream(Socket socket, SSL_CTX* context)
    : socket_(std::move(socket)),
      peer_(remote_endpoint(socket_)),
      ssl_(SSL_new(context)),
      report_(std::make_unique<HandshakeReport>()) {
  prepare(socket_);
  OCF_ASSERT(ssl_ && SSL_set_fd(ssl_.get(), socket_.native_handle()) == 1, "OpenSSL allocates");
  SSL_set_app_data(ssl_.get(), report_.get());
}

TlsStream::TlsStream(Socket socket, const TlsServerContext& context)
    : TlsStream(std::move(socket), context.native()) {
  SSL_set_accept_state(ssl_.get());
}

TlsStream::TlsStream(Socket socket, const TlsClientContext& context)
    : TlsStream(std::move(socket), context.native()) {
  SSL_set_connect_state(ssl_.get());
}

TlsStream::~TlsStream() = default;

awaitable<Result<void>> TlsStream::handshake() {
  for (;;) {
    if (!socket_.is_open()) co_return handshake_stopped(NetError::closed);
    ERR_clear_error();  // what another session left in the thread's queue must not be read as ours
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) break;
    const int wanted = SSL_get_error(ssl_.get(), result);
    if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
      co_return handshake_stopped(failure_of(result));
    }
    const auto ready =
        co_await wait_until(socket_, wanted == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write);
    if (!ready) co_return handshake_stopped(ready.error());
  }
  established_ = true;
  SSL_set_app_data(ssl_.get(), nullptr);
  report_.reset();
  co_return Result<void>();
}

// Notes why, for handshake_failure().
Error TlsStream::handshake_stopped(const Error& error) {
  if (error == NetError::tls_failed) {
    report_->fail_by_openssl();
    return NetError::handshake_failed;
  }
  report_->fail(error.message());
  return error;
}

Result<std::size_t> TlsStream::try_read(std::span<std::uint8_t> buffer) {
  if (!usable()) return NetError::closed;
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count);
  if (result == 1) return count;
  const Error error = failure_of(result);
  read_wants_write_ = error == NetError::would_block && SSL_want_write(ssl_.get());
  return error;
}

Result<std::size_t> TlsStream::try_write(ByteView bytes) {
  if (!usable()) return NetError::closed;
  if (bytes.empty()) return std::size_t{0};
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  if (result == 1) return count;
  const Error error = failure_of(result);
  write_wants_read_ = error == NetError::would_block && SSL_want_read(ssl_.get());
  return error;
}

awaitable<Result<void>> TlsStream::wait_readable() {
  if (usable() && SSL_pending(ssl_.get()) > 0) return completed();
  return wait_until(socket_, read_wants_write_ ? Socket::wait_write : Socket::wait_read);
}

awaitable<Result<void>> TlsStream::wait_writable() {
  return wait_until(socket_, write_wants_read_ ? Socket::wait_read : Socket::wait_write);
}

void TlsStream::shutdown() {
  if (usable()) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());  // best effort: without room for the alert the FIN has to do
  }
  Error ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void TlsStream::shutdown_and_close() {
  shutdown();
  close();
}

void TlsStream::close() {
  Error ignored;
  socket_.close(ignored);
}

std::optional<TlsPeer> TlsStream::tls_peer() const {
  if (!established_) return std::nullopt;
  return tls_peer_of(*ssl_);
}

bool TlsStream::is_revoked_by(const TlsServerContext& context) const {
  STACK_OF(X509)* const chain = established_ ? SSL_get0_verified_chain(ssl_.get()) : nullptr;
  X509_STORE* const store = SSL_CTX_get_cert_store(context.native());
  for (int i = 0; chain && i < sk_X509_num(chain); ++i) {
    if (!context.may_revoke(serial_of(*sk_X509_value(chain, i)))) continue;
    X509* const issuer = sk_X509_value(chain, std::min(i + 1, sk_X509_num(chain) - 1));
    if (is_revoked(*store, *sk_X509_value(chain, i), *issuer)) return true;
  }
  return false;
}

HandshakeFailure TlsStream::handshake_failure() const {
  return report_ ? report_->failure(*ssl_) : HandshakeFailure();
}

Error TlsStream::failure_of(int result) {
  const int system_error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return NetError::would_block;
    case SSL_ERROR_ZERO_RETURN: return NetError::end_of_stream;
    case SSL_ERROR_SYSCALL:
      failed_ = true;
      if (system_error == 0) return NetError::end_of_stream;
      return translated({system_error, boost::system::system_category()});
    default:
      failed_ = true;
      // A peer that just leaves is no attack here: CoAP messages say how long they are.
      if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return NetError::end_of_stream;
      return NetError::tls_failed;
  }
}

}  // namespace ocf::net
