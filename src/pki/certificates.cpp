#include "pki/certificates.hpp"

#include "pki/openssl_objects.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>

namespace ocf::pki {
namespace {

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

bool set_serial(X509& certificate) {
  const Number number(BN_new());
  return number && BN_rand(number.get(), serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr;
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
  std::string common_name = common_name_in(*X509_get_subject_name(parsed.get()));
  if (common_name.empty()) return PkiError::no_common_name;
  return common_name;
}

Result<Time> read_expiry(std::string_view certificate) {
  const Certificate parsed = read_certificate(certificate);
  std::tm end{};
  if (!parsed || ASN1_TIME_to_tm(X509_get0_notAfter(parsed.get()), &end) != 1)
    return PkiError::malformed_certificate;
  return Time(std::chrono::seconds(timegm(&end)));
}

Result<std::string> read_serial(std::string_view certificate) {
  const Certificate parsed = read_certificate(certificate);
  if (!parsed) return PkiError::malformed_certificate;
  return text_of(*X509_get0_serialNumber(parsed.get()));
}

}  // namespace ocf::pki
