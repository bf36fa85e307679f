// Certificate revocation lists (CRLs, RFC 5280 section 5): the one that an authority of this hub keeps, and
// those that other authorities publish. PEM texts.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "pki/certificates.hpp"
#include "pki/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocf::pki {

// The authority's list with these serials besides those of `former`, its list until now (empty: none). What
// is in it already keeps its date. Its number is one higher; it counts until the authority's own end, because
// the next one follows at the next revocation. Errors: malformed_certificate, malformed_private_key,
// malformed_revocation_list, forged_revocation_list, malformed_serial, not_issued.
Result<std::string> revoke(const Credential& authority, std::string_view former,
                           const std::vector<std::string>& serials, Time now);

// The serial, hexadecimal in lower case without leading zeros, of a text such as "0A:1b" or "0x0a1b". Errors:
// malformed_serial.
Result<std::string> parse_serial(std::string_view text);

// The serial of a certificate that this authority issued. Errors: malformed_certificate, foreign_certificate.
Result<std::string> serial_of_issued(const Credential& authority, std::string_view certificate);

// What a list says of itself.
struct RevocationList {
  std::string issuer;                // its common name
  std::vector<std::string> serials;  // hexadecimal, lower case
  std::optional<Time> next_update;   // when the next list was to be there
  bool is_verified = false;          // an authority with the issuer's name signed it
};

// The lists of a text, held against the CAs of these texts. One whose issuer is none of them may be an
// intermediate's. Errors: malformed_revocation_list, also when there is none; forged_revocation_list.
Result<std::vector<RevocationList>> read_revocation_lists(std::string_view pem,
                                                          const std::vector<std::string>& authorities);

}  // namespace ocf::pki
