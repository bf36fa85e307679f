#include "pki/error.hpp"

namespace ocf::pki {
namespace {

const char* sentence(int value) {
  switch (static_cast<PkiError>(value)) {
    case PkiError::malformed_certificate: return "the text holds no certificate";
    case PkiError::malformed_private_key: return "the text holds no private key of the certificate";
    case PkiError::no_common_name: return "the common name is missing, or longer than 64 characters";
    case PkiError::not_issued: return "the certificate could not be made";
    case PkiError::malformed_revocation_list: return "the text holds no certificate revocation list";
    case PkiError::forged_revocation_list: return "the CA that it names did not sign it";
    case PkiError::malformed_serial: return "a serial is a hexadecimal number of at most 20 bytes";
    case PkiError::foreign_certificate: return "another CA issued this certificate";
    case PkiError::never_issued: return "no certificate is known to have been issued for it";
  }
  return "unknown";
}

constexpr SentenceCategory category{"pki", sentence};

}  // namespace

Error make_error_code(PkiError error) { return {static_cast<int>(error), category}; }

}  // namespace ocf::pki
