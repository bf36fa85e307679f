#include "net/handshake_report.hpp"

#include "base/printable.hpp"
#include "net/certificate_text.hpp"
#include "net/revocation.hpp"
#include "net/tls_peer.hpp"
#include "net/tls_policy.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>

namespace ocf::net {
namespace {

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t usages_max = 6;
constexpr const char* required_identity =
    "usages 1.3.6.1.5.5.7.3.2 (TLS client) and 1.3.6.1.4.1.44924.1.6 (OCF identity), and a common name with "
    "uuid:<device id>";

HandshakeFault fault_of_verification(int error, int depth) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return HandshakeFault::certificate_dates;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return HandshakeFault::unknown_authority;
    case X509_V_ERR_CERT_REVOKED: return HandshakeFault::revoked;
    case X509_V_ERR_INVALID_PURPOSE:
      return depth == 0 ? HandshakeFault::no_identity : HandshakeFault::bad_certificate;
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
    case SSL_R_NO_APPLICATION_PROTOCOL: return HandshakeFault::application_protocol;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST: return HandshakeFault::not_tls;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return HandshakeFault::distrusted;
    default: return HandshakeFault::other;
  }
}

// certificate "uuid:…", issuer "…", serial 1f…, usages 1.3… 1.3…, valid … to …".
// Bounded, whatever the peer wrote into it.
std::string described(const X509& certificate) {
  std::string text = "certificate \"" + printable(common_name_of(certificate), name_bytes_max) +
                     "\", issuer \"" + printable(issuer_of(certificate), name_bytes_max) + "\", serial " +
                     serial_of(certificate) + ", usages";
  const auto usages = extended_key_usage_of(certificate);
  for (std::size_t i = 0; i < usages.size() && i < usages_max; ++i) text += ' ' + usages[i];
  if (usages.empty()) text += " none";
  return text + ", valid " + validity_of(certificate);
}

SSL* session_of(X509_STORE_CTX* verification) {
  return static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
}

HandshakeReport* report_of(const SSL* ssl) { return static_cast<HandshakeReport*>(SSL_get_app_data(ssl)); }

// The suites that this side accepts, by name.
std::string accepted_suites(const SSL& ssl) {
  const STACK_OF(SSL_CIPHER)* const suites = SSL_get_ciphers(&ssl);
  std::string text;
  for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i) {
    text += (i == 0 ? "" : " ") + std::string(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(suites, i)));
  }
  return text;
}

}  // namespace

int HandshakeReport::on_client_hello(SSL* ssl, int*, void*) {
  if (HandshakeReport* const report = report_of(ssl)) report->hello_ = read_client_hello(*ssl);
  return SSL_CLIENT_HELLO_SUCCESS;
}

int HandshakeReport::on_verification(int accepted, X509_STORE_CTX* verification) {
  if (accepted) return accepted;
  HandshakeReport* const report = report_of(session_of(verification));
  const X509* const certificate = X509_STORE_CTX_get_current_cert(verification);
  if (report && certificate) {
    const int error = X509_STORE_CTX_get_error(verification);
    report->verification_fault_ = fault_of_verification(error, X509_STORE_CTX_get_error_depth(verification));
    report->refused_certificate_ = described(*certificate) + ": " +
                                   (report->identity_complaint_.empty() ? X509_verify_cert_error_string(error)
                                                                        : report->identity_complaint_);
    if (const X509* const own = X509_STORE_CTX_get0_cert(verification))
      report->failure_.device_id = device_id_in(common_name_of(*own));
  }
  return 0;
}

int HandshakeReport::on_device_verification(int accepted, X509_STORE_CTX* verification) {
  X509* const certificate = X509_STORE_CTX_get_current_cert(verification);
  if (accepted && certificate) {
    X509* const issuer = X509_STORE_CTX_get0_current_issuer(verification);
    if (issuer && is_revoked(*X509_STORE_CTX_get0_store(verification), *certificate, *issuer)) {
      X509_STORE_CTX_set_error(verification, X509_V_ERR_CERT_REVOKED);
      accepted = 0;
    } else if (X509_STORE_CTX_get_error_depth(verification) == 0) {
      std::string complaint = complaint_about_identity(*certificate);
      if (!complaint.empty()) {
        X509_STORE_CTX_set_error(verification, X509_V_ERR_INVALID_PURPOSE);
        accepted = 0;
      }
      if (HandshakeReport* const report = report_of(session_of(verification)))
        report->identity_complaint_ = std::move(complaint);
    }
  }
  return on_verification(accepted, verification);
}

std::string HandshakeReport::complaint_about_identity(const X509& certificate) {
  const auto usages = extended_key_usage_of(certificate);
  if (std::find(usages.begin(), usages.end(), ocf_identity_usage) == usages.end())
    return "it is not for OCF identity";
  if (device_id_in(common_name_of(certificate)).empty()) return "it names no device";
  return "";
}

void HandshakeReport::fail_by_openssl() {
  const unsigned long error = ERR_peek_error();
  const char* const reason = ERR_reason_error_string(error);
  failure_.text = reason ? reason : "unknown";
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return;
  failure_.fault = ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED
                       ? verification_fault_
                       : fault_of_reason(ERR_GET_REASON(error));
}

void HandshakeReport::fail(std::string reason) {
  failure_.text = std::move(reason);
  failure_.fault = HandshakeFault::unfinished;
}

HandshakeFailure HandshakeReport::failure(SSL& ssl) const {
  HandshakeFailure failure = failure_;
  if (failure.text.empty()) return failure;
  if (!refused_certificate_.empty()) failure.text += "; " + refused_certificate_;
  if (!SSL_is_server(&ssl)) return failure;
  failure.text += "; " + offered(ssl);
  if (const std::string wanted = required(ssl); !wanted.empty()) failure.text += "; required " + wanted;
  return failure;
}

// Curves and signature algorithms only where they may be the reason: the line is bounded.
std::string HandshakeReport::offered(SSL& ssl) const {
  if (!hello_.seen) return "the peer sent no ClientHello";
  std::string text = "offered " + names_of_versions(hello_) + ", " + names_of_suites(hello_, ssl);
  if (failure_.fault == HandshakeFault::suite || failure_.fault == HandshakeFault::other) {
    if (!hello_.groups.empty()) text += ", groups " + names_of_groups(hello_);
    if (!hello_.signatures.empty()) text += ", signatures " + names_of_signatures(hello_);
  }
  if (!hello_.protocols.empty()) text += ", ALPN " + names_of_protocols(hello_);
  return text;
}

std::string HandshakeReport::required(SSL& ssl) const {
  switch (failure_.fault) {
    case HandshakeFault::no_certificate: return std::string("a certificate with ") + required_identity;
    case HandshakeFault::unknown_authority: return "a chain to a CA that the hub trusts";
    case HandshakeFault::certificate_dates: return "a validity that includes now, by the hub's clock";
    case HandshakeFault::revoked: return "a certificate that no CRL of its CA lists";
    case HandshakeFault::no_identity: return required_identity;
    case HandshakeFault::version: return "TLS 1.2 or TLS 1.3";
    case HandshakeFault::suite:
      return "one of " + accepted_suites(ssl) + " with a group of " + groups + " and ECDSA signatures";
    case HandshakeFault::application_protocol: return "ALPN coap, or none";
    case HandshakeFault::not_tls: return "TLS";
    case HandshakeFault::other:
    case HandshakeFault::bad_certificate:
    case HandshakeFault::distrusted:
    case HandshakeFault::unfinished: break;
  }
  return "";
}

}  // namespace ocf::net
