#include "net/tls_context.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "net/certificate_text.hpp"
#include "net/error.hpp"
#include "net/handshake_report.hpp"
#include "net/tls_policy.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <string_view>

namespace ocf::net {
namespace {

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct ListFree {
  void operator()(X509_CRL* list) const { X509_CRL_free(list); }
};
struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, BioFree>;
using Certificate = std::unique_ptr<X509, CertificateFree>;
using RevocationList = std::unique_ptr<X509_CRL, ListFree>;
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;

// An encrypted key is refused instead of asking for its password on the terminal.
int no_password(char*, int, int, void*) { return 0; }

// The certificates of a PEM text. Errors: malformed_certificate, also when there is none.
Result<std::vector<Certificate>> read_certificates(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<Certificate> certificates;
  while (X509* const next = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    certificates.emplace_back(next);
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!ended || certificates.empty()) return NetError::malformed_certificate;
  return certificates;
}

Result<void> use_certificate_chain(SSL_CTX& context, std::string_view pem) {
  auto certificates = read_certificates(pem);
  if (!certificates) return certificates.error();
  bool used = SSL_CTX_use_certificate(&context, certificates->front().get()) == 1;
  for (std::size_t i = 1; used && i < certificates->size(); ++i) {
    used = SSL_CTX_add1_chain_cert(&context, (*certificates)[i].get()) == 1;
  }
  ERR_clear_error();
  if (!used) return NetError::malformed_certificate;
  return {};
}

Result<void> use_private_key(SSL_CTX& context, std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  const bool used = key && SSL_CTX_use_PrivateKey(&context, key.get()) == 1;
  ERR_clear_error();
  if (!used) return NetError::malformed_private_key;
  return {};
}

Result<void> trust(SSL_CTX& context, const std::vector<std::string>& ca_pool) {
  X509_STORE* const store = SSL_CTX_get_cert_store(&context);
  for (const std::string& pem : ca_pool) {
    const auto certificates = read_certificates(pem);
    if (!certificates) return certificates.error();
    for (const Certificate& certificate : *certificates) {
      if (X509_STORE_add_cert(store, certificate.get()) != 1) return NetError::malformed_certificate;
    }
  }
  // An authority in the pool is trusted for itself, also when its own issuer is not in the pool.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

// Only kept: HandshakeReport and TlsStream look there. OpenSSL's own check would refuse everybody whose CA
// has no CRL here, or one that is out of date.
Result<void> keep_revocations(SSL_CTX& context, const std::vector<std::string>& crls,
                              std::unordered_set<std::string>& serials) {
  X509_STORE* const store = SSL_CTX_get_cert_store(&context);
  for (const std::string& pem : crls) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    bool any = false;
    while (const RevocationList list{PEM_read_bio_X509_CRL(bio.get(), nullptr, no_password, nullptr)}) {
      any = true;
      if (X509_STORE_add_crl(store, list.get()) != 1) return NetError::malformed_revocation_list;
      STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(list.get());
      for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
        serials.insert(serial_text(*X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i))));
      }
    }
    const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!ended || !any) return NetError::malformed_revocation_list;
  }
  return {};
}

SslContext new_context(const SSL_METHOD* method, TlsVersion version_max) {
  SslContext context(SSL_CTX_new(method));
  OCF_ASSERT(context, "OpenSSL allocates");
  SSL_CTX* const c = context.get();
  const int max = version_max == TlsVersion::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
  const bool set =
      SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 && SSL_CTX_set_max_proto_version(c, max) == 1 &&
      SSL_CTX_set_cipher_list(c, suites_tls_1_2) == 1 && SSL_CTX_set_ciphersuites(c, suites_tls_1_3) == 1 &&
      SSL_CTX_set1_groups_list(c, groups) == 1;
  OCF_ASSERT(set, "OpenSSL knows these versions, suites and groups");
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                             SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(c, 0);
  // Idle sessions give their buffers back. Without ENABLE_PARTIAL_WRITE a message is written wholly or not at
  // all; a repeated write may come from another address, since the outbox moves its messages.
  // Without AUTO_RETRY a read ends after each record that is no data: a peer that sends nothing but
  // KeyUpdates gets no more than its turn.
  SSL_CTX_clear_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

int select_coap(SSL*, const unsigned char** selected, unsigned char* selected_size,
                const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* found = nullptr;
  const int outcome =
      SSL_select_next_proto(&found, selected_size, alpn_coap, sizeof alpn_coap, offered, offered_size);
  // Without one in common the handshake ends with no_application_protocol, RFC 7301 section 3.2.
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *selected = found;
  return SSL_TLSEXT_ERR_OK;
}

void offer_alpn(SSL_CTX& context, std::string_view protocol) {
  Bytes list{static_cast<std::uint8_t>(protocol.size())};
  list.insert(list.end(), protocol.begin(), protocol.end());
  OCF_ASSERT(SSL_CTX_set_alpn_protos(&context, list.data(), static_cast<unsigned>(list.size())) == 0,
             "a protocol name has 1 to 255 bytes");
}

}  // namespace

void SslContextFree::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Result<std::shared_ptr<const TlsServerContext>> TlsServerContext::create(const TlsServerConfig& config) {
  SslContext context = new_context(TLS_server_method(), TlsVersion::tls_1_3);
  auto done = use_certificate_chain(*context, config.certificate_chain);
  if (done) done = use_private_key(*context, config.private_key);
  if (done) done = trust(*context, config.ca_pool);
  std::unordered_set<std::string> revoked;
  if (done) done = keep_revocations(*context, config.crls, revoked);
  if (!done) return done.error();
  // The pool's names are not sent: devices have one identity, and every owner may bring a root.
  const int verify = config.client_certificate == ClientCertificate::require
                         ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                         : SSL_VERIFY_PEER;
  SSL_CTX_set_verify(context.get(), verify, HandshakeReport::on_device_verification);
  SSL_CTX_set_client_hello_cb(context.get(), HandshakeReport::on_client_hello, nullptr);
  SSL_CTX_set_alpn_select_cb(context.get(), select_coap, nullptr);
  return std::make_shared<const TlsServerContext>(std::move(context), std::move(revoked));
}

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::create(const TlsClientConfig& config) {
  SslContext context = new_context(TLS_client_method(), config.version_max);
  Result<void> done;
  if (!config.certificate_chain.empty()) {
    done = use_certificate_chain(*context, config.certificate_chain);
    if (done) done = use_private_key(*context, config.private_key);
  }
  if (done) done = trust(*context, config.ca_pool);
  if (!done) return done.error();
  SSL_CTX_set_purpose(context.get(), X509_PURPOSE_ANY);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, HandshakeReport::on_verification);
  if (!config.alpn.empty()) offer_alpn(*context, config.alpn);
  return std::make_shared<const TlsClientContext>(std::move(context));
}

}  // namespace ocf::net
