#include "net/handshake_report.hpp"

#include "net/certificate_text.hpp"

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
    report->refused_certificate_ = "\"" + common_name_of(*certificate) + "\", serial " +
                                   serial_of(*certificate) + ": " +
                                   X509_verify_cert_error_string(X509_STORE_CTX_get_error(verification));
  }
  return accepted;
}

std::string HandshakeReport::text(SSL& ssl) const {
  if (reason_.empty()) return {};
  std::string text = reason_;
  if (!refused_certificate_.empty()) text += "; certificate " + refused_certificate_;
  if (SSL_is_server(&ssl)) text += "; " + offered(ssl);
  return text;
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
