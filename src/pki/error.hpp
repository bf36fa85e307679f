// What the certificate functions answer when they do not do what was asked.
#pragma once

#include "base/result.hpp"

namespace ocf::pki {

enum class PkiError {
  malformed_certificate = 1,  // the PEM text holds no certificate
  malformed_private_key,      // the PEM text holds no private key, or one of another certificate
  no_common_name,             // the certificate's subject has none, or the one asked for is empty or too long
  not_issued,                 // libcrypto refused to make the key, the certificate or the list
  malformed_revocation_list,  // the PEM text holds no CRL
  forged_revocation_list,     // an authority of the CRL's issuer name is known, and did not sign it
  malformed_serial,           // not a hexadecimal number of at most 20 bytes
  foreign_certificate,        // another authority issued it
  never_issued,               // the authority's records name no such certificate
};

Error make_error_code(PkiError error);

}  // namespace ocf::pki

template <>
struct boost::system::is_error_code_enum<ocf::pki::PkiError> : std::true_type {};
