// What all TLS sessions of a listener, or of a simulated device, share: certificates, trust anchors,
// versions, suites.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

using SSL_CTX = struct ssl_ctx_st;

namespace ocf::net {

// Whether a peer has to show a certificate. One that is shown has to hold in either case.
enum class ClientCertificate { require, if_given };
enum class TlsVersion { tls_1_2, tls_1_3 };

struct SslContextFree {
  void operator()(SSL_CTX* context) const;
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextFree>;

// Certificates and keys are the contents of PEM files.
struct TlsServerConfig {
  std::string certificate_chain;     // our own certificate first
  std::string private_key;           // P-256 or P-384
  std::vector<std::string> ca_pool;  // whom to trust: each text holds one certificate or more
  std::vector<std::string> crls;     // revocation lists of such CAs: each text holds one or more
  ClientCertificate client_certificate = ClientCertificate::require;
};

// TLS 1.2 and 1.3 with ECDHE-ECDSA suites, no renegotiation, compression, tickets or session cache; ALPN
// "coap" is selected when offered; a peer that offers only others is refused. A peer's certificate has to be
// an OCF identity: its usage says so and its common name has uuid:<device id>. Certificates on a CRL are
// refused; CAs without one are not affected, see is_revoked(). Immutable; any thread. To reload certificates
// make a new one: streams keep the one they have.
class TlsServerContext {
 public:
  // Errors: malformed_certificate, malformed_private_key, malformed_revocation_list.
  static Result<std::shared_ptr<const TlsServerContext>> create(const TlsServerConfig& config);

  // The serials are those that its CRLs name.
  TlsServerContext(SslContext context, std::unordered_set<std::string> revoked)
      : context_(std::move(context)), revoked_(std::move(revoked)) {}
  SSL_CTX* native() const { return context_.get(); }
  // Whether any CRL names this serial, as serial_of() writes it. Quick, so that all open connections can be
  // held against a new list; is_revoked() then says whether it is the CRL of the right CA.
  bool may_revoke(const std::string& serial) const { return revoked_.contains(serial); }

 private:
  SslContext context_;
  std::unordered_set<std::string> revoked_;
};

struct TlsClientConfig {
  std::string certificate_chain;     // empty: none is presented
  std::string private_key;           // empty without a certificate
  std::vector<std::string> ca_pool;  // as above
  TlsVersion version_max = TlsVersion::tls_1_3;
  std::string alpn;  // the protocol to offer; empty: none
};

// Checks the server as an OCF device does: chain and dates; neither host name nor key usage. Immutable; any
// thread.
class TlsClientContext {
 public:
  // Errors: malformed_certificate, malformed_private_key.
  static Result<std::shared_ptr<const TlsClientContext>> create(const TlsClientConfig& config);

  explicit TlsClientContext(SslContext context) : context_(std::move(context)) {}
  SSL_CTX* native() const { return context_.get(); }

 private:
  SslContext context_;
};

}  // namespace ocf::net
