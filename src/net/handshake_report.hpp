// What is noted about a TLS handshake while it runs, to explain it should it fail.
#pragma once

#include "base/bytes.hpp"
#include "net/handshake_failure.hpp"

#include <cstdint>
#include <string>
#include <vector>

using SSL = struct ssl_st;
using X509_STORE_CTX = struct x509_store_ctx_st;

namespace ocf::net {

// Belongs to one TlsStream, from its beginning until the handshake succeeded; OpenSSL's callbacks find it as
// the session's application data.
class HandshakeReport {
 public:
  // Callbacks for SSL_CTX_set_client_hello_cb and SSL_CTX_set_verify; they note and change nothing.
  static int on_client_hello(SSL* ssl, int* alert, void* argument);
  static int on_verification(int accepted, X509_STORE_CTX* verification);

  // By what stands first in OpenSSL's queue of errors.
  void fail_by_openssl();
  // By the end of the connection.
  void fail(std::string reason);

  // Its text: the reason, the certificate refused, what the peer offered; empty before one of the above.
  HandshakeFailure failure(SSL& ssl) const;

 private:
  std::string offered(SSL& ssl) const;

  bool hello_seen_ = false;
  std::vector<std::uint16_t> versions_;  // as numbers on the wire
  Bytes suites_;                         // two bytes each
  std::string refused_certificate_;
  int verification_error_ = 0;  // X509_V_ERR_…
  HandshakeFailure failure_;    // its text: the reason alone
};

}  // namespace ocf::net
