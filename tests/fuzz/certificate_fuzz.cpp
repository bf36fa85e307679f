// Any bytes as a certificate, and as the text in one, and as an endpoint: what goes on into the log and into
// decisions is text of one line, and names one device at most.
#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "net/certificate_text.hpp"
#include "net/endpoint.hpp"
#include "net/tls_peer.hpp"
#include "ocf/device_id.hpp"
#include "pki/certificates.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

namespace ocf {
namespace {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

bool is_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void check_name(std::string_view name) {
  const std::string device = net::device_id_in(name);
  if (device.empty()) return;
  const auto parsed = DeviceId::parse(device);
  OCF_ASSERT(parsed && parsed->text() == device, "a certificate names a device by its id");
}

void check_certificate(ByteView der) {
  const std::uint8_t* at = der.data();
  const Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) return;
  const std::string name = net::common_name_of(*certificate);
  OCF_ASSERT(is_line(name), "no peer writes lines of the log");
  check_name(name);
  OCF_ASSERT(is_line(net::serial_of(*certificate)), "a serial number is one line");
  for (const std::string& usage : net::extended_key_usage_of(*certificate))
    OCF_ASSERT(is_line(usage), "a key usage is one line");
  OCF_ASSERT(net::fingerprint_sha256_of(*certificate).size() == 64, "a fingerprint is 32 bytes in hex");
}

// The text of a PEM file, as an operator or a command gives it.
void check_pem(ByteView der) {
  std::string text = "-----BEGIN CERTIFICATE-----\n";
  Bytes base64(der.size() / 3 * 4 + 8);
  const int length = EVP_EncodeBlock(base64.data(), der.data(), static_cast<int>(der.size()));
  text += as_text(ByteView(base64).first(static_cast<std::size_t>(length)));
  text += "\n-----END CERTIFICATE-----\n";
  static_cast<void>(pki::read_common_name(text));
  static_cast<void>(pki::read_common_name(as_text(der)));
}

void check_endpoint(std::string_view text) {
  const auto endpoint = net::parse_endpoint(text);
  if (!endpoint) return;
  OCF_ASSERT(net::parse_endpoint(net::to_text(*endpoint)) == *endpoint,
             "an endpoint is read as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  check_name(as_text(input));
  check_endpoint(as_text(input));
  check_certificate(input);
  check_pem(input);
  ERR_clear_error();
  return 0;
}

}  // namespace ocf
