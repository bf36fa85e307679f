// Access tokens: JWTs in the form of RFC 9068, signed with ES256 and checked by the rules of RFC 8725 (docs/adr/0002-jwt.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "account/principal.hpp"
#include "auth_builtin/signing_key.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace ocf::auth_builtin {

// What makes a text no access token of ours. Callers outside see `refused` only; logs see the reason.
enum class TokenError {
  too_long = 1,     // above token_bytes_max
  malformed,        // not three canonical base64url parts, or not strict JSON: members doubled, nested too deep, not an object
  wrong_type,       // `typ` is not at+jwt, `alg` is not ES256, or `crit` asks for what nobody here understands
  unknown_key,      // `kid` is absent or not the signing key's
  bad_signature,
  wrong_issuer,
  wrong_audience,
  missing_claim,    // a claim is absent or has another type
  expired,
  not_yet_valid,    // `nbf` or `iat` lie in the future beyond the leeway
};
Error make_error_code(TokenError error);

inline constexpr std::size_t token_bytes_max = 8 * 1024;
inline constexpr std::chrono::seconds clock_leeway{60};  // for `nbf` and `iat`; none for `exp`

// One refresh token and the access token issued with it, as members of an onboarding's chain: family (the onboarding)
// and generation, from 1.
struct DeviceBinding {
  DeviceId device{};
  std::string family;
  std::uint32_t generation = 0;
  friend bool operator==(const DeviceBinding&, const DeviceBinding&) = default;
};

// Times have the precision of seconds.
struct AccessToken {
  account::Tenant tenant;
  account::Owner owner;                  // `sub`
  std::optional<DeviceBinding> binding;  // `di`, `family`, `generation`; nullopt: a user's token
  Time issued{};
  Time expires{};
  std::string id;  // `jti`
  friend bool operator==(const AccessToken&, const AccessToken&) = default;
};

// Who issues and for whom, checked to the letter.
struct TokenParties {
  std::string issuer;
  std::string audience;
};

std::string sign_access_token(const AccessToken& token, const TokenParties& parties, const SigningKey& key);

// Errors: TokenError. The algorithm comes from the key, never from the token; `jku`, `x5u`, `jwk` and the like are not looked at.
Result<AccessToken> verify_access_token(std::string_view text, const TokenParties& parties, const SigningKey& key, Time now);

}  // namespace ocf::auth_builtin

template <>
struct boost::system::is_error_code_enum<ocf::auth_builtin::TokenError> : std::true_type {};
