#include "net/handshake_report.hpp"

#include "net/certificate_text.hpp"
#include "net/tls_peer.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace ocf::net {
namespace {

constexpr std::size_t suites_named_max = 16;

// Values of GREASE (RFC 8701) and the signaling suites are no offers.
bool is_offer(std::uint16_t value) {
  return (value & 0x0f0f) != 0x0a0a && value != 0x00ff && value != 0x5600;
}

std::uint16_t read_u16(const unsigned char* bytes) {
  return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

std::string hex_of(std::uint16_t value) {
  const std::uint8_t bytes[] = {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
  return "0x" + to_hex(bytes);
}

std::string version_name(std::uint16_t version) {
  switch (version) {
    case SSL3_VERSION: return "SSL 3.0";
    case TLS1_VERSION: return "TLS 1.0";
    case TLS1_1_VERSION: return "TLS 1.1";
    case TLS1_2_VERSION: return "TLS 1.2";
    case TLS1_3_VERSION: return "TLS 1.3";
  }
  return hex_of(version);
}

std::string suite_name(SSL& ssl, const unsigned char* suite) {
  const SSL_CIPHER* const known = SSL_CIPHER_find(&ssl, suite);
  return known ? SSL_CIPHER_get_name(known) : hex_of(read_u16(suite));
}

// RFC 8446 section 4.2.1: a byte of length, then versions of two bytes. A peer before TLS 1.3 sends one
// number only.
std::vector<std::uint16_t> versions_of(SSL& ssl) {
  const unsigned char* extension = nullptr;
  std::size_t size = 0;
  std::vector<std::uint16_t> versions;
  if (SSL_client_hello_get0_ext(&ssl, TLSEXT_TYPE_supported_versions, &extension, &size) != 1) {
    versions.push_back(static_cast<std::uint16_t>(SSL_client_hello_get0_legacy_version(&ssl)));
    return versions;
  }
  for (std::size_t i = 1; i + 1 < size; i += 2) versions.push_back(read_u16(extension + i));
  return versions;
}

HandshakeFault fault_of_verification(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return HandshakeFault::certificate_dates;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return HandshakeFault::unknown_authority;
    default: return HandshakeFault::bad_certificate;
  }
}

HandshakeFault fault_of_reason(int reason) {
  switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return HandshakeFault::no_certificate;
    case SSL_R_UNSUPPORTED_PROTOCOL: return HandshakeFault::version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS: return HandshakeFault::suite;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST: return HandshakeFault::not_tls;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return HandshakeFault::distrusted;
    default: return HandshakeFault::other;
  }
}

HandshakeReport* report_of(const SSL* ssl) { return static_cast<HandshakeReport*>(SSL_get_app_data(ssl)); }

}  // namespace

int HandshakeReport::on_client_hello(SSL* ssl, int*, void*) {
  HandshakeReport* const report = report_of(ssl);
  if (!report) return SSL_CLIENT_HELLO_SUCCESS;
  report->hello_seen_ = true;
  report->versions_ = versions_of(*ssl);
  const unsigned char* suites = nullptr;
  const std::size_t size = SSL_client_hello_get0_ciphers(ssl, &suites);
  report->suites_.assign(suites, suites + size);
  return SSL_CLIENT_HELLO_SUCCESS;
}

int HandshakeReport::on_verification(int accepted, X509_STORE_CTX* verification) {
  if (accepted) return accepted;
  const auto* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  HandshakeReport* const report = report_of(ssl);
  X509* const certificate = X509_STORE_CTX_get_current_cert(verification);
  if (report && certificate) {
    report->verification_error_ = X509_STORE_CTX_get_error(verification);
    report->refused_certificate_ = "\"" + common_name_of(*certificate) + "\", serial " +
                                   serial_of(*certificate) + ": " +
                                   X509_verify_cert_error_string(report->verification_error_);
    if (const X509* const own = X509_STORE_CTX_get0_cert(verification))
      report->failure_.device_id = device_id_in(common_name_of(*own));
  }
  return accepted;
}

void HandshakeReport::fail_by_openssl() {
  const unsigned long error = ERR_peek_error();
  const char* const reason = ERR_reason_error_string(error);
  failure_.text = reason ? reason : "unknown";
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return;
  failure_.fault = ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED
                       ? fault_of_verification(verification_error_)
                       : fault_of_reason(ERR_GET_REASON(error));
}

void HandshakeReport::fail(std::string reason) {
  failure_.text = std::move(reason);
  failure_.fault = HandshakeFault::unfinished;
}

HandshakeFailure HandshakeReport::failure(SSL& ssl) const {
  HandshakeFailure failure = failure_;
  if (failure.text.empty()) return failure;
  if (!refused_certificate_.empty()) failure.text += "; certificate " + refused_certificate_;
  if (SSL_is_server(&ssl)) failure.text += "; " + offered(ssl);
  return failure;
}

std::string HandshakeReport::offered(SSL& ssl) const {
  if (!hello_seen_) return "the peer sent no ClientHello";
  std::string text = "offered";
  for (const std::uint16_t version : versions_) {
    if (is_offer(version)) text += " " + version_name(version);
  }
  text += ",";
  std::size_t named = 0;
  for (std::size_t i = 0; i + 1 < suites_.size(); i += 2) {
    if (!is_offer(read_u16(&suites_[i]))) continue;
    if (named++ < suites_named_max) text += " " + suite_name(ssl, &suites_[i]);
  }
  if (named > suites_named_max) text += " and " + std::to_string(named - suites_named_max) + " more";
  return text;
}

}  // namespace ocf::net
