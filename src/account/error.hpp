// Why the Authorization context refuses, or cannot answer.
#pragma once

#include "base/result.hpp"

namespace ocf::account {

enum class AuthorizationError {
  refused = 1,  // unknown, used, expired or foreign code; invalid, expired or revoked token; another device's
                // certificate
  unknown_provider,   // `authprovider` names no configured provider
  held_by_another,    // another owner holds the device id
  permission_denied,  // known, but not allowed to do this
  unavailable,        // the authorization server cannot be asked now
};
Error make_error_code(AuthorizationError error);

}  // namespace ocf::account

template <>
struct boost::system::is_error_code_enum<ocf::account::AuthorizationError> : std::true_type {};
