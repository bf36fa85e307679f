#include "pki/certificates.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

namespace ocf::pki {
namespace {

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

constexpr std::size_t common_name_max = 64;  // X.520, ub-common-name
constexpr int serial_bits = 128;
constexpr long x509_version_3 = 2;

// Says which extension, and its value in OpenSSL's configuration syntax.
struct ExtensionText {
  int nid;
  const char* value;
};

constexpr ExtensionText authority_extensions[] = {
    {NID_basic_constraints, "critical,CA:TRUE"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
    {NID_subject_key_identifier, "hash"},
};
// The last usage is OCF's identity certificate; role certificates have another.
constexpr ExtensionText identity_extensions[] = {
    {NID_basic_constraints, "critical,CA:FALSE"},
    {NID_key_usage, "critical,digitalSignature,keyAgreement"},
    {NID_ext_key_usage, "serverAuth,clientAuth,1.3.6.1.4.1.44924.1.6"},
    {NID_subject_key_identifier, "hash"},
    {NID_authority_key_identifier, "keyid"},
};
constexpr ExtensionText hub_names = {NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"};

Bio reader_of(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO& memory) {
  char* start = nullptr;
  const long size = BIO_get_mem_data(&memory, &start);
  return std::string(start, static_cast<std::size_t>(size));
}

// An encrypted key is refused instead of asking for its password on the terminal.
int no_password(char*, int, int, void*) { return 0; }

Certificate read_certificate(std::string_view pem) {
  const Bio bio = reader_of(pem);
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  return certificate;
}

Key read_key(std::string_view pem) {
  const Bio bio = reader_of(pem);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  return key;
}

bool set_serial(X509& certificate) {
  const Number number(BN_new());
  return number && BN_rand(number.get(), serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

Instant instant_of(Time time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return Instant(ASN1_TIME_set(nullptr, seconds));
}

bool set_validity(X509& certificate, const Validity& validity) {
  const Instant not_before = instant_of(validity.not_before);
  const Instant not_after = instant_of(validity.not_after);
  return not_before && not_after && X509_set1_notBefore(&certificate, not_before.get()) == 1 &&
         X509_set1_notAfter(&certificate, not_after.get()) == 1;
}

bool set_common_name(X509& certificate, std::string_view common_name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(&certificate), NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool add_extension(X509& certificate, X509& issuer, const ExtensionText& text) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_nconf_nid(nullptr, &context, text.nid, text.value));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

// Everything but issuer, extensions and signature.
Certificate unsigned_certificate(std::string_view common_name, const Validity& validity, EVP_PKEY& key) {
  Certificate certificate(X509_new());
  const bool filled = certificate && X509_set_version(certificate.get(), x509_version_3) == 1 &&
                      set_serial(*certificate) && set_validity(*certificate, validity) &&
                      set_common_name(*certificate, common_name) &&
                      X509_set_pubkey(certificate.get(), &key) == 1;
  if (!filled) certificate.reset();
  return certificate;
}

bool sign(X509& certificate, X509& issuer, EVP_PKEY& issuer_key) {
  return X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer)) == 1 &&
         X509_sign(&certificate, &issuer_key, EVP_sha256()) > 0;
}

Result<Credential> as_pem(X509& certificate, EVP_PKEY& key) {
  const Bio certificate_text(BIO_new(BIO_s_mem()));
  const Bio key_text(BIO_new(BIO_s_mem()));
  const bool written =
      certificate_text && key_text && PEM_write_bio_X509(certificate_text.get(), &certificate) == 1 &&
      PEM_write_bio_PrivateKey(key_text.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (!written) return PkiError::not_issued;
  return Credential{text_of(*certificate_text), text_of(*key_text)};
}

// Errors: malformed_certificate, malformed_private_key, no_common_name, not_issued.
Result<Credential> issue(const Credential& authority, std::string_view uuid, const Validity& validity,
                         const ExtensionText* subject_names) {
  const Certificate issuer = read_certificate(authority.certificate);
  if (!issuer) return PkiError::malformed_certificate;
  const Key issuer_key = read_key(authority.private_key);
  if (!issuer_key || X509_check_private_key(issuer.get(), issuer_key.get()) != 1) {
    ERR_clear_error();
    return PkiError::malformed_private_key;
  }
  const std::string common_name = "uuid:" + std::string(uuid);
  if (uuid.empty() || common_name.size() > common_name_max) return PkiError::no_common_name;

  const Key key(EVP_EC_gen("P-256"));
  if (!key) return PkiError::not_issued;
  const Certificate certificate = unsigned_certificate(common_name, validity, *key);
  if (!certificate) return PkiError::not_issued;
  for (const ExtensionText& text : identity_extensions) {
    if (!add_extension(*certificate, *issuer, text)) return PkiError::not_issued;
  }
  if (subject_names && !add_extension(*certificate, *issuer, *subject_names)) return PkiError::not_issued;
  if (!sign(*certificate, *issuer, *issuer_key)) return PkiError::not_issued;
  return as_pem(*certificate, *key);
}

}  // namespace

Result<Credential> create_authority(std::string_view common_name, const Validity& validity) {
  if (common_name.empty() || common_name.size() > common_name_max) return PkiError::no_common_name;
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return PkiError::not_issued;
  const Certificate certificate = unsigned_certificate(common_name, validity, *key);
  if (!certificate) return PkiError::not_issued;
  for (const ExtensionText& text : authority_extensions) {
    if (!add_extension(*certificate, *certificate, text)) return PkiError::not_issued;
  }
  if (!sign(*certificate, *certificate, *key)) return PkiError::not_issued;
  return as_pem(*certificate, *key);
}

Result<Credential> issue_hub(const Credential& authority, std::string_view sid, const Validity& validity) {
  return issue(authority, sid, validity, &hub_names);
}

Result<Credential> issue_device(const Credential& authority, std::string_view di, const Validity& validity) {
  return issue(authority, di, validity, nullptr);
}

Result<std::string> read_common_name(std::string_view certificate) {
  const Certificate parsed = read_certificate(certificate);
  if (!parsed) return PkiError::malformed_certificate;
  const X509_NAME* const subject = X509_get_subject_name(parsed.get());
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return PkiError::no_common_name;
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
  if (size < 0) return PkiError::no_common_name;
  std::string common_name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return common_name;
}

}  // namespace ocf::pki
