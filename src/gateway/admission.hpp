// What may be asked before a sign-in (G1).
#pragma once

#include "coap/message.hpp"

#include <string_view>

namespace ocf::gateway {

enum class Admission {
  account,        // sign-up, sign-in, refresh, sign-off: at any time, one after the other
  after_sign_in,  // everything else
  not_here,       // 4.04 at any time, so that a device that tries it goes on: POST /oic/sec/roles
};

Admission admission_of(coap::Code method, std::string_view path);

// Whether it is asked for an owner, of all devices: not what a device says of itself, which has only its own
// limits, because devices ignore what refuses it.
bool is_for_owner(coap::Code method, std::string_view path);

// The paths of the account resources (OCF Cloud Security, section 5), of the resource directory, and of what
// describes them (RFC 6690).
namespace path {
inline constexpr std::string_view account = "/oic/sec/account";
inline constexpr std::string_view session = "/oic/sec/session";
inline constexpr std::string_view token_refresh = "/oic/sec/tokenrefresh";
inline constexpr std::string_view roles = "/oic/sec/roles";
inline constexpr std::string_view directory = "/oic/rd";
inline constexpr std::string_view core = "/.well-known/core";
}  // namespace path

}  // namespace ocf::gateway
