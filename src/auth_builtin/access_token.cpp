#include "auth_builtin/access_token.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <limits>

namespace ocf::auth_builtin {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

const char* sentence(int value) {
  switch (static_cast<TokenError>(value)) {
    case TokenError::too_long: return "the token is too long";
    case TokenError::malformed: return "the token is not a compact JWS";
    case TokenError::wrong_header: return "the token's header is not one of this issuer's";
    case TokenError::bad_signature: return "the token's signature does not hold";
    case TokenError::wrong_claims: return "the token's claims are not those of this issuer";
    case TokenError::expired: return "the token has expired";
    case TokenError::not_yet_valid: return "the token is not valid yet";
  }
  return "unknown";
}

constexpr SentenceCategory category{"access token", sentence};

std::int64_t to_seconds(Time time) { return std::chrono::floor<seconds>(time.time_since_epoch()).count(); }

std::string header_of(const SigningKey& key) {
  json::object header;
  header["alg"] = "ES256";
  header["typ"] = "at+jwt";
  header["kid"] = key.id();
  return to_base64url(as_bytes(json::serialize(header)));
}

std::string claims_of(const AccessToken& token, const TokenParties& parties) {
  json::object claims;
  claims["iss"] = parties.issuer;
  claims["aud"] = parties.audience;
  claims["sub"] = token.owner.text();
  claims["tenant"] = token.tenant.text();
  claims["iat"] = to_seconds(token.issued);
  claims["exp"] = to_seconds(token.expires);
  claims["jti"] = token.id;
  if (token.binding) {
    claims["di"] = token.binding->device.text();
    claims["family"] = token.binding->family;
    claims["generation"] = token.binding->generation;
  }
  return json::serialize(claims);
}

// Reads claims out of an object; whatever is absent or of another type is empty, and found by the comparison
// that follows.
class Claims {
 public:
  explicit Claims(const json::object& object) : object_(object) {}

  bool has(std::string_view name) const { return object_.contains(name); }
  std::string text(std::string_view name) const {
    const json::value* value = object_.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  }
  std::int64_t number(std::string_view name) const {
    const json::value* value = object_.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
  }
  Time time(std::string_view name) const {
    constexpr std::int64_t year_9999 = 253'402'300'799;
    const std::int64_t value = number(name);
    return value >= 0 && value <= year_9999 ? Time(seconds(value)) : Time();
  }

 private:
  const json::object& object_;
};

AccessToken token_of(const Claims& claims) {
  AccessToken token;
  token.owner = account::Owner(claims.text("sub"));
  token.tenant = account::Tenant(claims.text("tenant"));
  token.issued = claims.time("iat");
  token.expires = claims.time("exp");
  token.id = claims.text("jti");
  if (claims.has("di")) {
    const auto device = DeviceId::parse(claims.text("di"));
    DeviceBinding binding;
    if (device) binding.device = *device;
    binding.family = claims.text("family");
    binding.generation = static_cast<std::uint32_t>(claims.number("generation"));
    token.binding = std::move(binding);
  }
  return token;
}

bool is_complete(const AccessToken& token) {
  const bool is_bound = !token.binding || !token.binding->family.empty();
  return !token.tenant.empty() && token.tenant.text().find('/') == std::string::npos &&
         !token.owner.empty() && !token.id.empty() && is_bound;
}

// The claims of a token that we would write to the letter like this, and of no other.
Result<AccessToken> read_claims(ByteView payload, const TokenParties& parties) {
  const std::string_view text = as_text(payload);
  Error failed;
  const json::value value = json::parse(text, failed);
  if (failed || !value.is_object()) return TokenError::wrong_claims;
  AccessToken token = token_of(Claims(value.get_object()));
  if (!is_complete(token) || claims_of(token, parties) != text) return TokenError::wrong_claims;
  return token;
}

}  // namespace

Error make_error_code(TokenError error) { return {static_cast<int>(error), category}; }

std::string sign_access_token(const AccessToken& token, const TokenParties& parties, const SigningKey& key) {
  std::string text = header_of(key) + '.' + to_base64url(as_bytes(claims_of(token, parties)));
  const Bytes signature = key.sign(as_bytes(text));
  text += '.';
  text += to_base64url(signature);
  return text;
}

// Nothing of a text is parsed before its signature holds.
Result<AccessToken> verify_access_token(std::string_view text, const TokenParties& parties,
                                        const SigningKey& key, Time now) {
  if (text.size() > token_bytes_max) return TokenError::too_long;
  const auto first = text.find('.');
  const auto last = text.rfind('.');
  if (first == text.npos || first == last) return TokenError::malformed;
  const auto claims = from_base64url(text.substr(first + 1, last - first - 1));
  const auto signature = from_base64url(text.substr(last + 1));
  if (!claims || !signature) return TokenError::malformed;
  if (text.substr(0, first) != header_of(key)) return TokenError::wrong_header;
  if (!key.verify(as_bytes(text.substr(0, last)), *signature)) return TokenError::bad_signature;

  auto token = read_claims(*claims, parties);
  if (!token) return token;
  if (now >= token->expires) return TokenError::expired;
  if (token->issued > now + clock_leeway) return TokenError::not_yet_valid;
  return token;
}

}  // namespace ocf::auth_builtin
