// What a TLS client offered in its ClientHello (RFC 8446 section 4.1.2), to be told if the handshake fails.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

using SSL = struct ssl_st;

namespace ocf::net {

// Numbers as on the wire, in the client's order; GREASE values (RFC 8701) and signaling suites are left out,
// as they offer nothing.
struct ClientHello {
  bool seen = false;
  std::vector<std::uint16_t> versions;
  std::vector<std::uint16_t> suites;
  std::vector<std::uint16_t> groups;
  std::vector<std::uint16_t> signatures;
  std::vector<std::string> protocols;  // ALPN, RFC 7301
};

// Within a callback of SSL_CTX_set_client_hello_cb. A malformed extension counts as far as it can be read.
ClientHello read_client_hello(SSL& ssl);

// The names by which people know them, joined by spaces; what has no name as 0x and four digits. Of more than
// names_max the number of the rest is told.
constexpr std::size_t names_max = 12;
std::string names_of_versions(const ClientHello& hello);
std::string names_of_suites(const ClientHello& hello, SSL& ssl);
std::string names_of_groups(const ClientHello& hello);
std::string names_of_signatures(const ClientHello& hello);
// Made printable: a protocol's name is any bytes.
std::string names_of_protocols(const ClientHello& hello);

}  // namespace ocf::net
