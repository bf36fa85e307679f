// Any text as an access token, as the claims of a token that we signed, and as a secret: nothing is believed
// that was not signed, and of what was signed only what we would write to the letter.
#include "auth_builtin/access_token.hpp"
#include "auth_builtin/secret.hpp"
#include "base/assert.hpp"

namespace ocf::auth_builtin {
namespace {

const TokenParties parties{"https://hub.example", "hub"};
const Time now{std::chrono::seconds(1'700'000'000)};

const SigningKey& key() {
  static const SigningKey generated = SigningKey::generate();
  return generated;
}

// The header of every token of this key, with its dot.
const std::string& header() {
  static const std::string text = [] {
    const std::string token = sign_access_token({}, parties, key());
    return token.substr(0, token.find('.') + 1);
  }();
  return text;
}

void check_unsigned(std::string_view text) {
  OCF_ASSERT(!verify_access_token(text, parties, key(), now), "nobody else signs");
  OCF_ASSERT(!verify_access_token(header() + std::string(text), parties, key(), now), "nobody else signs");
}

void check_claims(ByteView claims) {
  const std::string text = header() + to_base64url(claims);
  const std::string whole = text + '.' + to_base64url(key().sign(as_bytes(text)));
  const auto token = verify_access_token(whole, parties, key(), now);
  if (!token) {
    OCF_ASSERT(token.error() != TokenError::bad_signature || whole.size() > token_bytes_max,
               "a signature of ours holds");
    return;
  }
  OCF_ASSERT(token->expires > now && token->issued <= now + clock_leeway, "a token is of its time");
  OCF_ASSERT(!token->owner.empty() && !token->id.empty(), "a token is somebody's");
  const std::string written = sign_access_token(*token, parties, key());
  OCF_ASSERT(written.starts_with(text + '.'), "only what we would write is believed");
}

void check_secrets(std::string_view text) {
  if (const auto code = CodeText::parse(text)) {
    OCF_ASSERT(code->text == text && code->digest == digest_of(text), "a code is its text");
    OCF_ASSERT(!code->tenant.empty() && code->tenant.text().find('/') == std::string::npos,
               "a tenant names streams");
  }
  if (const auto refresh = RefreshText::parse(text)) {
    OCF_ASSERT(refresh->text == text && refresh->digest == digest_of(text), "a refresh token is its text");
    OCF_ASSERT(text.find('.' + refresh->lineage + '.') != text.npos, "a lineage is part of the text");
    OCF_ASSERT(!CodeText::parse(text), "a refresh token is no code");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  check_secrets(as_text(input));
  check_unsigned(as_text(input));
  check_claims(input);
  return 0;
}

}  // namespace ocf::auth_builtin
