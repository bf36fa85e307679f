// The certificates of a small OCF public key infrastructure: one authority, hubs and devices below it. ECDSA
// P-256 with SHA-256, random serials of 128 bits. For quick starts, simulated devices and tests; a company
// brings its own.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "pki/error.hpp"

#include <string>
#include <string_view>

namespace ocf::pki {

// A certificate and its key as PEM texts.
struct Credential {
  std::string certificate;
  std::string private_key;
};

// Whole seconds count; what is finer is dropped.
struct Validity {
  Time not_before;
  Time not_after;
};

// A self-signed root (CA, keyCertSign and cRLSign). Errors: no_common_name, not_issued.
Result<Credential> create_authority(std::string_view common_name, const Validity& validity);

// A hub's certificate: CN `uuid:<sid>`, TLS server and client, OCF identity; SAN localhost and 127.0.0.1.
// Errors: malformed_certificate, malformed_private_key, no_common_name, not_issued.
Result<Credential> issue_hub(const Credential& authority, std::string_view sid, const Validity& validity);

// A device's identity certificate: CN `uuid:<di>`, TLS server and client, OCF identity. Errors: as issue_hub.
Result<Credential> issue_device(const Credential& authority, std::string_view di, const Validity& validity);

// Of the first certificate's subject, as UTF-8. Errors: malformed_certificate, no_common_name.
Result<std::string> read_common_name(std::string_view certificate);
// When the first certificate ends. Errors: malformed_certificate.
Result<Time> read_expiry(std::string_view certificate);
// Of the first certificate, hexadecimal in lower case. Errors: malformed_certificate.
Result<std::string> read_serial(std::string_view certificate);

}  // namespace ocf::pki
