// Opaque secrets handed out once and kept as hashes only: one-time codes and refresh tokens.
#pragma once

#include "account/principal.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ocf::auth_builtin {

// SHA-256.
using Digest = std::array<std::uint8_t, 32>;
Digest digest_of(std::string_view text);

// <base64url of the tenant>.<base64url of 16 random bytes>. The tenant says where to look; a wrong one finds
// nothing.
struct CodeText {
  account::Tenant tenant;
  std::string text;
  Digest digest{};

  static CodeText generate(const account::Tenant& tenant);
  // Errors: AuthorizationError::refused.
  static Result<CodeText> parse(std::string_view text);
};

// <base64url of the tenant>.<lineage>.<base64url of 32 random bytes>. The lineage is a secret too, 16 bytes
// that are the same in all refresh tokens of one onboarding: whoever shows it with a secret that is no longer
// valid holds a token that was used before. It is derived from the code, so that nobody has to store it.
struct RefreshText {
  account::Tenant tenant;
  std::string text;
  std::string lineage;
  Digest digest{};          // of the whole text
  Digest lineage_digest{};  // of the lineage

  static RefreshText generate(const account::Tenant& tenant, std::string_view lineage);
  // Errors: AuthorizationError::refused.
  static Result<RefreshText> parse(std::string_view text);
};

std::string lineage_of(const CodeText& code);

}  // namespace ocf::auth_builtin
