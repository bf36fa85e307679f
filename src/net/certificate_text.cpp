#include "net/certificate_text.hpp"

#include "base/bytes.hpp"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace ocf::net {
namespace {

std::string common_name_in(const X509_NAME& name) {
  const int index = X509_NAME_get_index_by_NID(&name, NID_commonName, -1);
  if (index < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(&name, index)));
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
      '?');
  return text;
}

std::string time_text(const ASN1_TIME& time) {
  std::tm fields{};
  std::array<char, 32> text{};
  if (ASN1_TIME_to_tm(&time, &fields) != 1) return "?";
  return std::string(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields));
}

}  // namespace

std::string common_name_of(const X509& certificate) {
  return common_name_in(*X509_get_subject_name(&certificate));
}

std::string issuer_of(const X509& certificate) {
  const X509_NAME* const issuer = X509_get_issuer_name(&certificate);
  std::string name = common_name_in(*issuer);
  if (!name.empty()) return name;
  std::array<char, 256> whole{};
  X509_NAME_oneline(issuer, whole.data(), static_cast<int>(whole.size()));
  return whole.data();
}

std::string validity_of(const X509& certificate) {
  return time_text(*X509_get0_notBefore(&certificate)) + " to " +
         time_text(*X509_get0_notAfter(&certificate));
}

std::string serial_of(const X509& certificate) { return serial_text(*X509_get0_serialNumber(&certificate)); }

std::string serial_text(const ASN1_INTEGER& serial) {
  return to_hex({ASN1_STRING_get0_data(&serial), static_cast<std::size_t>(ASN1_STRING_length(&serial))});
}

std::vector<std::string> extended_key_usage_of(const X509& certificate) {
  std::vector<std::string> usages;
  auto* const found =
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(&certificate, NID_ext_key_usage, nullptr, nullptr));
  for (int i = 0; i < sk_ASN1_OBJECT_num(found); ++i) {
    std::array<char, 128> text{};
    const int size = OBJ_obj2txt(text.data(), text.size(), sk_ASN1_OBJECT_value(found, i), 1);
    // A longer identifier would be cut: it is none that we compare with.
    if (size > 0 && static_cast<std::size_t>(size) < text.size()) usages.emplace_back(text.data());
  }
  EXTENDED_KEY_USAGE_free(found);
  return usages;
}

std::string fingerprint_sha256_of(const X509& certificate) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  return to_hex(ByteView(digest).first(size));
}

}  // namespace ocf::net
