#include "net/revocation.hpp"

#include "base/assert.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <memory>

namespace ocf::net {
namespace {

// What X509_CRL_get0_by_cert says of an entry that takes an earlier one back (delta CRLs).
constexpr int not_listed = 0;
constexpr int removed_from_crl = 2;

struct LookupFree {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
struct ListsFree {
  void operator()(STACK_OF(X509_CRL) * lists) const { sk_X509_CRL_pop_free(lists, X509_CRL_free); }
};

}  // namespace

bool is_revoked(X509_STORE& store, X509& certificate, X509& issuer) {
  const std::unique_ptr<X509_STORE_CTX, LookupFree> lookup(X509_STORE_CTX_new());
  OCF_ASSERT(lookup && X509_STORE_CTX_init(lookup.get(), &store, nullptr, nullptr) == 1, "OpenSSL allocates");
  const std::unique_ptr<STACK_OF(X509_CRL), ListsFree> lists(
      X509_STORE_CTX_get1_crls(lookup.get(), X509_get_issuer_name(&certificate)));
  bool revoked = false;
  for (int i = 0; lists && !revoked && i < sk_X509_CRL_num(lists.get()); ++i) {
    X509_CRL* const list = sk_X509_CRL_value(lists.get(), i);
    X509_REVOKED* entry = nullptr;
    const int found = X509_CRL_get0_by_cert(list, &entry, &certificate);
    if (found == not_listed || found == removed_from_crl) continue;
    // Of two authorities with one name each speaks for its own certificates alone.
    revoked = X509_CRL_verify(list, X509_get0_pubkey(&issuer)) == 1;
  }
  ERR_clear_error();
  return revoked;
}

}  // namespace ocf::net
