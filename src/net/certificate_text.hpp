// Texts out of a certificate.
#pragma once

#include <string>
#include <string_view>
#include <vector>

using ASN1_INTEGER = struct asn1_string_st;
using X509 = struct x509_st;

namespace ocf::net {

// The subject's first common name as UTF-8, control characters replaced (it goes to logs); empty if there is
// none.
std::string common_name_of(const X509& certificate);
// The issuer's common name likewise; its whole name where it has none.
std::string issuer_of(const X509& certificate);
// "2026-11-22T00:00:00Z to 2027-11-22T00:00:00Z".
std::string validity_of(const X509& certificate);
// Hexadecimal, in lower case.
std::string serial_of(const X509& certificate);
std::string serial_text(const ASN1_INTEGER& serial);
std::vector<std::string> extended_key_usage_of(const X509& certificate);
std::string fingerprint_sha256_of(const X509& certificate);

}  // namespace ocf::net
