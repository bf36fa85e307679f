// Access tokens: JWTs in the form of RFC 9068, signed with ES256 and checked as
// docs/adr/0002-jwt.md says.
#pragma once

#include "account/principal.hpp"
#include "auth_builtin/signing_key.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocf::auth_builtin {

// What makes a text no access token of ours. Callers outside see `refused` and `expired`.
enum class TokenError {
  too_long = 1,  // above token_bytes_max
  malformed,     // not three base64url parts, each the only text for its bytes
  wrong_header,  // not to the letter the header of tokens that this key signs: other `alg`, `typ` or `kid`,
                 // anything more
  bad_signature,
  wrong_claims,  // signed, but not what we sign: another issuer or audience; a claim absent, doubled, unknown
                 // or of another type
  expired,
  not_yet_valid,  // issued in the future, beyond the leeway
};
Error make_error_code(TokenError error);

inline constexpr std::size_t token_bytes_max = 8 * 1024;
inline constexpr std::chrono::seconds clock_leeway{60};  // for `iat`; none for `exp`

// What a device's token belongs to: a family (one onboarding) and a generation in it (one pair of tokens),
// from 1.
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

// Takes only what sign_access_token writes with this key and these parties, byte by byte. Errors: TokenError.
Result<AccessToken> verify_access_token(std::string_view text, const TokenParties& parties,
                                        const SigningKey& key, Time now);

}  // namespace ocf::auth_builtin

template <>
struct boost::system::is_error_code_enum<ocf::auth_builtin::TokenError> : std::true_type {};
