#include "pki/revocations.hpp"

#include "base/bytes.hpp"
#include "pki/openssl_objects.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <ctime>

namespace ocf::pki {
namespace {

constexpr long crl_version_2 = 1;
constexpr std::size_t serial_bytes_max = 20;  // RFC 5280 section 4.1.2.2

// Errors: malformed_revocation_list, also when there is none.
Result<std::vector<List>> read_lists(std::string_view pem) {
  const Bio bio = reader_of(pem);
  std::vector<List> lists;
  while (X509_CRL* const next = PEM_read_bio_X509_CRL(bio.get(), nullptr, no_password, nullptr)) {
    lists.emplace_back(next);
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!ended || lists.empty()) return PkiError::malformed_revocation_list;
  return lists;
}

std::vector<Certificate> read_all(const std::vector<std::string>& texts) {
  std::vector<Certificate> certificates;
  for (const std::string& text : texts) {
    const Bio bio = reader_of(text);
    while (X509* const next = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
      certificates.emplace_back(next);
    }
  }
  ERR_clear_error();
  return certificates;
}

bool is_signed_by(X509_CRL& list, X509& issuer) {
  const bool is_signed = X509_CRL_verify(&list, X509_get0_pubkey(&issuer)) == 1;
  ERR_clear_error();
  return is_signed;
}

Integer serial_of(std::string_view hex) {
  const auto bytes = from_hex(hex);
  if (!bytes) return nullptr;
  const Number number(BN_bin2bn(bytes->data(), static_cast<int>(bytes->size()), nullptr));
  return Integer(BN_to_ASN1_INTEGER(number.get(), nullptr));
}

bool add_entry(X509_CRL& list, ASN1_INTEGER& serial, const ASN1_TIME& since) {
  X509_REVOKED* known = nullptr;
  if (X509_CRL_get0_by_serial(&list, &known, &serial) != 0) return true;
  Entry entry(X509_REVOKED_new());
  const bool filled = entry && X509_REVOKED_set_serialNumber(entry.get(), &serial) == 1 &&
                      X509_REVOKED_set_revocationDate(entry.get(), const_cast<ASN1_TIME*>(&since)) == 1 &&
                      X509_CRL_add0_revoked(&list, entry.get()) == 1;
  if (filled) entry.release();
  return filled;
}

bool copy_entries(X509_CRL& from, X509_CRL& to) {
  STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(&from);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    const X509_REVOKED* const entry = sk_X509_REVOKED_value(entries, i);
    const Integer serial(ASN1_INTEGER_dup(X509_REVOKED_get0_serialNumber(entry)));
    if (!serial || !add_entry(to, *serial, *X509_REVOKED_get0_revocationDate(entry))) return false;
  }
  return true;
}

// One above that of the list before; 1 without one.
bool add_number(X509_CRL& list, X509_CRL* former) {
  const Integer before(
      former ? static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(former, NID_crl_number, nullptr, nullptr))
             : nullptr);
  const Number number(before ? ASN1_INTEGER_to_BN(before.get(), nullptr) : BN_new());
  if (!number || BN_add_word(number.get(), 1) != 1) return false;
  const Integer next(BN_to_ASN1_INTEGER(number.get(), nullptr));
  return next && X509_CRL_add1_ext_i2d(&list, NID_crl_number, next.get(), 0, 0) == 1;
}

bool add_key_identifier(X509_CRL& list, X509& issuer) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, nullptr, nullptr, &list, 0);
  const Extension extension(X509V3_EXT_nconf_nid(nullptr, &context, NID_authority_key_identifier, "keyid"));
  return extension && X509_CRL_add_ext(&list, extension.get(), -1) == 1;
}

std::optional<Time> time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (!time || ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  return Time(std::chrono::seconds(::timegm(&fields)));
}

}  // namespace

Result<std::string> revoke(const Credential& authority, std::string_view former,
                           const std::vector<std::string>& serials, Time now) {
  const Certificate issuer = read_certificate(authority.certificate);
  if (!issuer) return PkiError::malformed_certificate;
  const Key key = read_key(authority.private_key);
  if (!key || X509_check_private_key(issuer.get(), key.get()) != 1) {
    ERR_clear_error();
    return PkiError::malformed_private_key;
  }
  List before;
  if (!former.empty()) {
    auto lists = read_lists(former);
    if (!lists) return lists.error();
    before = std::move(lists->front());
    if (!is_signed_by(*before, *issuer)) return PkiError::forged_revocation_list;
  }
  const Instant since = instant_of(now);
  const List list(X509_CRL_new());
  const bool begun = since && list && X509_CRL_set_version(list.get(), crl_version_2) == 1 &&
                     X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.get())) == 1 &&
                     X509_CRL_set1_lastUpdate(list.get(), since.get()) == 1 &&
                     X509_CRL_set1_nextUpdate(list.get(), X509_get0_notAfter(issuer.get())) == 1 &&
                     (!before || copy_entries(*before, *list));
  if (!begun) return PkiError::not_issued;
  for (const std::string& text : serials) {
    const auto hex = parse_serial(text);
    if (!hex) return hex.error();
    const Integer serial = serial_of(*hex);
    if (!serial || !add_entry(*list, *serial, *since)) return PkiError::not_issued;
  }
  const Bio written(BIO_new(BIO_s_mem()));
  const bool done = add_key_identifier(*list, *issuer) && add_number(*list, before.get()) &&
                    X509_CRL_sort(list.get()) == 1 &&
                    X509_CRL_sign(list.get(), key.get(), EVP_sha256()) > 0 && written &&
                    PEM_write_bio_X509_CRL(written.get(), list.get()) == 1;
  if (!done) return PkiError::not_issued;
  return text_of(*written);
}

Result<std::string> parse_serial(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != ':'; });
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.size() % 2 == 1) digits.insert(digits.begin(), '0');
  const auto bytes = from_hex(digits);
  if (!bytes || bytes->empty() || bytes->size() > serial_bytes_max) return PkiError::malformed_serial;
  return to_hex(*bytes);
}

Result<std::string> serial_of_issued(const Credential& authority, std::string_view certificate) {
  const Certificate issuer = read_certificate(authority.certificate);
  const Certificate issued = read_certificate(certificate);
  if (!issuer || !issued) return PkiError::malformed_certificate;
  const bool is_ours = X509_verify(issued.get(), X509_get0_pubkey(issuer.get())) == 1;
  ERR_clear_error();
  if (!is_ours) return PkiError::foreign_certificate;
  return text_of(*X509_get0_serialNumber(issued.get()));
}

Result<std::vector<RevocationList>> read_revocation_lists(std::string_view pem,
                                                          const std::vector<std::string>& authorities) {
  const auto lists = read_lists(pem);
  if (!lists) return lists.error();
  const auto issuers = read_all(authorities);
  std::vector<RevocationList> found;
  for (const List& list : *lists) {
    const X509_NAME* const name = X509_CRL_get_issuer(list.get());
    RevocationList& told = found.emplace_back();
    told.issuer = common_name_in(*name);
    told.next_update = time_of(X509_CRL_get0_nextUpdate(list.get()));
    bool is_named = false;
    for (const Certificate& issuer : issuers) {
      if (X509_NAME_cmp(X509_get_subject_name(issuer.get()), name) != 0) continue;
      is_named = true;
      told.is_verified = told.is_verified || is_signed_by(*list, *issuer);
    }
    if (is_named && !told.is_verified) return PkiError::forged_revocation_list;
    STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(list.get());
    for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
      told.serials.push_back(text_of(*X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i))));
    }
  }
  return found;
}

}  // namespace ocf::pki
