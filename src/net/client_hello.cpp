#include "net/client_hello.hpp"

#include "base/bytes.hpp"
#include "base/printable.hpp"

#include <openssl/ssl.h>

namespace ocf::net {
namespace {

constexpr std::size_t protocol_name_bytes_max = 32;

bool is_offer(std::uint16_t value) {
  return (value & 0x0f0f) != 0x0a0a && value != 0x00ff && value != 0x5600;
}

std::uint16_t number_at(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::vector<std::uint16_t> numbers_in(ByteView bytes) {
  std::vector<std::uint16_t> numbers;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    if (is_offer(number_at(bytes, at))) numbers.push_back(number_at(bytes, at));
  }
  return numbers;
}

// The content of an extension behind the bytes of its list's length; empty if it is not there.
ByteView list_in(SSL& ssl, unsigned type, std::size_t length_bytes) {
  const unsigned char* extension = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(&ssl, type, &extension, &size) != 1 || size < length_bytes) return {};
  return ByteView(extension, size).subspan(length_bytes);
}

// RFC 7301 section 3.1: each name behind a byte of length.
std::vector<std::string> protocols_in(ByteView list) {
  std::vector<std::string> protocols;
  while (!list.empty() && list[0] < list.size()) {
    protocols.emplace_back(as_text(list.subspan(1, list[0])));
    list = list.subspan(1 + list[0]);
  }
  return protocols;
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

// RFC 8446 section 4.2.7, RFC 8422 section 5.1.1.
std::string group_name(std::uint16_t group) {
  switch (group) {
    case 0x0015: return "P-224";
    case 0x0016: return "secp256k1";
    case 0x0017: return "P-256";
    case 0x0018: return "P-384";
    case 0x0019: return "P-521";
    case 0x001d: return "X25519";
    case 0x001e: return "X448";
  }
  return hex_of(group);
}

// RFC 8446 section 4.2.3.
std::string signature_name(std::uint16_t signature) {
  switch (signature) {
    case 0x0201: return "rsa_pkcs1_sha1";
    case 0x0203: return "ecdsa_sha1";
    case 0x0401: return "rsa_pkcs1_sha256";
    case 0x0403: return "ecdsa_secp256r1_sha256";
    case 0x0501: return "rsa_pkcs1_sha384";
    case 0x0503: return "ecdsa_secp384r1_sha384";
    case 0x0601: return "rsa_pkcs1_sha512";
    case 0x0603: return "ecdsa_secp521r1_sha512";
    case 0x0804: return "rsa_pss_rsae_sha256";
    case 0x0805: return "rsa_pss_rsae_sha384";
    case 0x0806: return "rsa_pss_rsae_sha512";
    case 0x0807: return "ed25519";
    case 0x0808: return "ed448";
    case 0x0809: return "rsa_pss_pss_sha256";
    case 0x080a: return "rsa_pss_pss_sha384";
    case 0x080b: return "rsa_pss_pss_sha512";
  }
  return hex_of(signature);
}

std::string suite_name(SSL& ssl, std::uint16_t suite) {
  const unsigned char bytes[] = {static_cast<unsigned char>(suite >> 8), static_cast<unsigned char>(suite)};
  const SSL_CIPHER* const known = SSL_CIPHER_find(&ssl, bytes);
  return known ? SSL_CIPHER_get_name(known) : hex_of(suite);
}

template <class Values, class Name>
std::string joined(const Values& values, Name name) {
  std::string text;
  for (std::size_t i = 0; i < values.size() && i < names_max; ++i)
    text += (i == 0 ? "" : " ") + name(values[i]);
  if (values.size() > names_max) text += " and " + std::to_string(values.size() - names_max) + " more";
  return text;
}

}  // namespace

ClientHello read_client_hello(SSL& ssl) {
  ClientHello hello;
  hello.seen = true;
  // A peer before TLS 1.3 sends one number only, RFC 8446 section 4.2.1.
  hello.versions = numbers_in(list_in(ssl, TLSEXT_TYPE_supported_versions, 1));
  if (hello.versions.empty())
    hello.versions.push_back(static_cast<std::uint16_t>(SSL_client_hello_get0_legacy_version(&ssl)));
  const unsigned char* suites = nullptr;
  const std::size_t size = SSL_client_hello_get0_ciphers(&ssl, &suites);
  hello.suites = numbers_in(ByteView(suites, size));
  hello.groups = numbers_in(list_in(ssl, TLSEXT_TYPE_supported_groups, 2));
  hello.signatures = numbers_in(list_in(ssl, TLSEXT_TYPE_signature_algorithms, 2));
  hello.protocols = protocols_in(list_in(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, 2));
  return hello;
}

std::string names_of_versions(const ClientHello& hello) { return joined(hello.versions, version_name); }

std::string names_of_suites(const ClientHello& hello, SSL& ssl) {
  return joined(hello.suites, [&ssl](std::uint16_t suite) { return suite_name(ssl, suite); });
}

std::string names_of_groups(const ClientHello& hello) { return joined(hello.groups, group_name); }

std::string names_of_signatures(const ClientHello& hello) { return joined(hello.signatures, signature_name); }

std::string names_of_protocols(const ClientHello& hello) {
  return joined(hello.protocols,
                [](const std::string& name) { return printable(name, protocol_name_bytes_max); });
}

}  // namespace ocf::net
