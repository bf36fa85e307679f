#include "net/tls_peer.hpp"

#include "net/certificate_text.hpp"

#include <openssl/ssl.h>

#include <algorithm>

namespace ocf::net {
namespace {

constexpr std::string_view uuid_prefix = "uuid:";
constexpr std::size_t uuid_size = 36;

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_uuid(std::string_view text) {
  if (text.size() != uuid_size) return false;
  for (std::size_t i = 0; i < uuid_size; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex_digit(text[i])) return false;
  }
  return text.find_first_not_of("0-") != text.npos;  // the nil one is no device's
}

char lower(char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string device_id_in(std::string_view common_name) {
  const std::size_t prefix = common_name.find(uuid_prefix);
  if (prefix == std::string_view::npos) return {};
  const std::string_view text = common_name.substr(prefix + uuid_prefix.size());
  const std::string_view uuid = text.substr(0, uuid_size);
  const bool longer = text.size() > uuid_size && (is_hex_digit(text[uuid_size]) || text[uuid_size] == '-');
  if (!is_uuid(uuid) || longer) return {};
  std::string id(uuid);
  std::transform(id.begin(), id.end(), id.begin(), lower);
  return id;
}

TlsPeer tls_peer_of(const SSL& ssl) {
  TlsPeer peer;
  peer.version = SSL_get_version(&ssl);
  peer.cipher = SSL_get_cipher_name(&ssl);
  const unsigned char* protocol = nullptr;
  unsigned protocol_size = 0;
  SSL_get0_alpn_selected(&ssl, &protocol, &protocol_size);
  peer.alpn.assign(protocol, protocol + protocol_size);
  const X509* const certificate = SSL_get0_peer_certificate(&ssl);
  if (!certificate) return peer;
  peer.certificate_verified =
      SSL_get_verify_mode(&ssl) != SSL_VERIFY_NONE && SSL_get_verify_result(&ssl) == X509_V_OK;
  peer.common_name = common_name_of(*certificate);
  peer.device_id = device_id_in(peer.common_name);
  peer.extended_key_usage = extended_key_usage_of(*certificate);
  peer.serial = serial_of(*certificate);
  peer.fingerprint_sha256 = fingerprint_sha256_of(*certificate);
  return peer;
}

}  // namespace ocf::net
