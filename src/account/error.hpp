// Why the Authorization context refuses, or cannot answer.
#pragma once

#include "base/result.hpp"

namespace ocf::account {

enum class AuthorizationError {
  refused = 1,  // unknown or foreign code; invalid, revoked or replaced token; a server may say it of the
                // next three, too
  unknown_provider,       // `authprovider` names no configured provider
  held_by_another,        // another owner holds the device id
  permission_denied,      // known, but not allowed to do this
  unavailable,            // the authorization server cannot be asked now
  expired,                // a code or token whose time is over
  reused,                 // a code or refresh token that was used before: whatever it gave is revoked
  certificate_disagrees,  // the client certificate is not one of the device
};
Error make_error_code(AuthorizationError error);

// Whether the credentials were not good: refused, expired, reused or certificate_disagrees. Which of them is
// for the log; who showed the credentials learns that they were refused.
bool is_refusal_of_credentials(const Error& error);

}  // namespace ocf::account

template <>
struct boost::system::is_error_code_enum<ocf::account::AuthorizationError> : std::true_type {};
