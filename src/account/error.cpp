#include "account/error.hpp"

namespace ocf::account {
namespace {

const char* sentence(int value) {
  switch (static_cast<AuthorizationError>(value)) {
    case AuthorizationError::refused: return "the credentials are not valid";
    case AuthorizationError::unknown_provider: return "no such authorization provider is configured";
    case AuthorizationError::held_by_another: return "another owner holds this device";
    case AuthorizationError::permission_denied: return "permission denied";
    case AuthorizationError::unavailable: return "the authorization server is not available, try again";
    case AuthorizationError::expired: return "the code or token has expired";
    case AuthorizationError::reused: return "the code or token was used before; what it gave is revoked";
    case AuthorizationError::certificate_disagrees: return "the client certificate is not one of this device";
  }
  return "unknown";
}

constexpr SentenceCategory category{"authorization", sentence};

}  // namespace

Error make_error_code(AuthorizationError error) { return {static_cast<int>(error), category}; }

bool is_refusal_of_credentials(const Error& error) {
  return error == AuthorizationError::refused || error == AuthorizationError::expired ||
         error == AuthorizationError::reused || error == AuthorizationError::certificate_disagrees;
}

}  // namespace ocf::account
