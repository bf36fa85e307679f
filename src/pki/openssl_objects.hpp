// What the files of pki/ share: OpenSSL's objects with owners, and their PEM texts.
#pragma once

#include "base/time.hpp"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace ocf::pki {

template <auto free_function>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using Instant = std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>>;
using Integer = std::unique_ptr<ASN1_INTEGER, FreeWith<ASN1_INTEGER_free>>;
using List = std::unique_ptr<X509_CRL, FreeWith<X509_CRL_free>>;
using Entry = std::unique_ptr<X509_REVOKED, FreeWith<X509_REVOKED_free>>;

Bio reader_of(std::string_view text);
std::string text_of(BIO& memory);

// An encrypted key is refused instead of asking for its password on the terminal.
int no_password(char*, int, int, void*);

// The first one of the text; null if there is none.
Certificate read_certificate(std::string_view pem);
Key read_key(std::string_view pem);

// Whole seconds.
Instant instant_of(Time time);
// As UTF-8; empty if there is none.
std::string common_name_in(const X509_NAME& name);
// Hexadecimal, in lower case.
std::string text_of(const ASN1_INTEGER& serial);

}  // namespace ocf::pki
