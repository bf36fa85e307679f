// What the hub accepts in a TLS handshake: for the contexts, and for the reports of those that fail.
#pragma once

#include <string_view>

namespace ocf::net {

// The ECDSA suites that OCF devices offer, CBC last. Level 2: nothing below 112 bits of security.
inline constexpr const char* suites_tls_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=2";
inline constexpr const char* suites_tls_1_3 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
inline constexpr const char* groups = "P-256:P-384";

// RFC 8323 section 8.2, as a list of one protocol: length, name.
inline constexpr unsigned char alpn_coap[] = {4, 'c', 'o', 'a', 'p'};

// The extended key usage of an OCF identity certificate (OCF Security, section 9.4.2.2).
inline constexpr std::string_view ocf_identity_usage = "1.3.6.1.4.1.44924.1.6";

}  // namespace ocf::net
