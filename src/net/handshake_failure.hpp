// Why no TLS session came about.
#pragma once

#include <string>

namespace ocf::net {

enum class HandshakeFault {
  other,
  no_certificate,     // the peer sent none
  unknown_authority,  // of the peer's certificate
  certificate_dates,  // of the peer's chain: expired, or not valid yet
  revoked,            // the peer's certificate, or one above it, is on a CRL
  no_identity,        // the peer's certificate is for something else than naming an OCF device
  bad_certificate,    // the peer's, in another way
  version,
  suite,                 // no cipher suite, curve or signature algorithm in common
  application_protocol,  // the peer offered protocols, and "coap" is none of them
  not_tls,               // the first bytes were something else
  distrusted,            // the peer refused our certificate
  unfinished,            // either side closed first
};

struct HandshakeFailure {
  HandshakeFault fault = HandshakeFault::other;
  std::string text;       // one line: the reason; the certificate refused; what was offered; what is required
  std::string device_id;  // device_id_in() the certificate that was refused, which is no proof; empty: none
};

}  // namespace ocf::net
