// Revoked certificates: what the certificate revocation lists (CRLs, RFC 5280 section 5) of a context say.
#pragma once

using X509 = struct x509_st;
using X509_STORE = struct x509_store_st;

namespace ocf::net {

// Whether a CRL in the store lists the certificate and is signed by this issuer of it. Without a CRL of the
// issuer nothing is revoked. A CRL whose nextUpdate has passed still counts: what it lists stays revoked, and
// nobody else is locked out. Costs a lookup; the signature is checked only where the serial is listed.
bool is_revoked(X509_STORE& store, X509& certificate, X509& issuer);

}  // namespace ocf::net
