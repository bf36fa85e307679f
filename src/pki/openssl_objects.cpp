#include "pki/openssl_objects.hpp"

#include "base/bytes.hpp"

#include <openssl/err.h>

#include <ctime>

namespace ocf::pki {

Bio reader_of(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO& memory) {
  char* start = nullptr;
  const long size = BIO_get_mem_data(&memory, &start);
  return std::string(start, static_cast<std::size_t>(size));
}

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

Instant instant_of(Time time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return Instant(ASN1_TIME_set(nullptr, seconds));
}

std::string common_name_in(const X509_NAME& name) {
  const int index = X509_NAME_get_index_by_NID(&name, NID_commonName, -1);
  if (index < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(&name, index)));
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return text;
}

std::string text_of(const ASN1_INTEGER& serial) {
  return to_hex({ASN1_STRING_get0_data(&serial), static_cast<std::size_t>(ASN1_STRING_length(&serial))});
}

}  // namespace ocf::pki
