// What a TLS handshake proved about the peer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

using SSL = struct ssl_st;

namespace ocf::net {

struct TlsPeer {
  bool certificate_verified = false;            // it sent a certificate, which chains to our trust anchors
  std::string common_name;                      // of the certificate's subject; empty without one
  std::string device_id;                        // device_id_in(common_name)
  std::vector<std::string> extended_key_usage;  // object identifiers in dotted form
  std::string serial;                           // hexadecimal
  std::string fingerprint_sha256;               // of the whole certificate, hexadecimal
  std::string version;                          // "TLSv1.2", "TLSv1.3"
  std::string cipher;                           // OpenSSL's name
  std::string alpn;                             // the protocol agreed upon; empty without one
};

// The UUID behind "uuid:" in a certificate's common name, in lower case; text may stand before it. Empty if
// there is none.
std::string device_id_in(std::string_view common_name);

// Of a session whose handshake is complete.
TlsPeer tls_peer_of(const SSL& ssl);

}  // namespace ocf::net
