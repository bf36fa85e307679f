// What is noted about a TLS handshake while it runs, to explain it should it fail.
#pragma once

#include "net/client_hello.hpp"
#include "net/handshake_failure.hpp"

#include <string>

using SSL = struct ssl_st;
using X509 = struct x509_st;
using X509_STORE_CTX = struct x509_store_ctx_st;

namespace ocf::net {

// Belongs to one TlsStream, from its beginning until the handshake succeeded; OpenSSL's callbacks find it as
// the session's application data.
class HandshakeReport {
 public:
  // Callbacks for SSL_CTX_set_client_hello_cb and SSL_CTX_set_verify; they note and change nothing.
  static int on_client_hello(SSL* ssl, int* alert, void* argument);
  static int on_verification(int accepted, X509_STORE_CTX* verification);
  // For a server: besides, refuses a chain with a revoked certificate, and a peer's own certificate that
  // names no device or is not for OCF identity. The alerts are those of OpenSSL's own checks:
  // certificate_revoked and unsupported_certificate.
  static int on_device_verification(int accepted, X509_STORE_CTX* verification);

  // By what stands first in OpenSSL's queue of errors.
  void fail_by_openssl();
  // By the end of the connection.
  void fail(std::string reason);

  // Its text: the reason, the certificate refused, what the peer offered and what is required; empty before
  // one of the above.
  HandshakeFailure failure(SSL& ssl) const;

 private:
  // Of the peer's own certificate; empty: nothing is wrong.
  static std::string complaint_about_identity(const X509& certificate);
  std::string offered(SSL& ssl) const;
  std::string required(SSL& ssl) const;

  ClientHello hello_;
  std::string identity_complaint_;
  std::string refused_certificate_;
  HandshakeFault verification_fault_ = HandshakeFault::other;
  HandshakeFailure failure_;  // its text: the reason alone
};

}  // namespace ocf::net
