#include "auth_builtin/secret.hpp"

#include "account/authorization.hpp"
#include "base/random.hpp"

#include <openssl/sha.h>

#include <optional>
#include <vector>

namespace ocf::auth_builtin {
namespace {

constexpr std::size_t tenant_bytes_max = 128;
constexpr std::size_t code_bytes = 16;
constexpr std::size_t lineage_bytes = 16;
constexpr std::size_t refresh_bytes = 32;
constexpr std::size_t text_bytes_max = 512;

std::string encoded(const account::Tenant& tenant) { return to_base64url(as_bytes(tenant.text())); }

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == text.npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

bool is_random(std::string_view part, std::size_t bytes) {
  const auto decoded = from_base64url(part);
  return decoded && decoded->size() == bytes;
}

// Nothing else than what may name a stream: the text comes from outside.
std::optional<account::Tenant> tenant_of(std::string_view part) {
  const auto decoded = from_base64url(part);
  if (!decoded || decoded->empty() || decoded->size() > tenant_bytes_max) return std::nullopt;
  const std::string_view name = as_text(*decoded);
  if (name.find('/') != name.npos) return std::nullopt;
  return account::Tenant(std::string(name));
}

CodeText code_text(account::Tenant tenant, std::string text) {
  CodeText code;
  code.tenant = std::move(tenant);
  code.digest = digest_of(text);
  code.text = std::move(text);
  return code;
}

RefreshText refresh_text(account::Tenant tenant, std::string_view lineage, std::string text) {
  RefreshText refresh;
  refresh.tenant = std::move(tenant);
  refresh.lineage = lineage;
  refresh.lineage_digest = digest_of(lineage);
  refresh.digest = digest_of(text);
  refresh.text = std::move(text);
  return refresh;
}

}  // namespace

Digest digest_of(std::string_view text) {
  Digest digest;
  SHA256(as_bytes(text).data(), text.size(), digest.data());
  return digest;
}

CodeText CodeText::generate(const account::Tenant& tenant) {
  return code_text(tenant, encoded(tenant) + '.' + to_base64url(random_bytes(code_bytes)));
}

Result<CodeText> CodeText::parse(std::string_view text) {
  if (text.size() > text_bytes_max) return account::AuthorizationError::refused;
  const auto parts = split(text);
  const auto tenant = tenant_of(parts[0]);
  if (parts.size() != 2 || !tenant || !is_random(parts[1], code_bytes))
    return account::AuthorizationError::refused;
  return code_text(*tenant, std::string(text));
}

RefreshText RefreshText::generate(const account::Tenant& tenant, std::string_view lineage) {
  std::string text =
      encoded(tenant) + '.' + std::string(lineage) + '.' + to_base64url(random_bytes(refresh_bytes));
  return refresh_text(tenant, lineage, std::move(text));
}

Result<RefreshText> RefreshText::parse(std::string_view text) {
  if (text.size() > text_bytes_max) return account::AuthorizationError::refused;
  const auto parts = split(text);
  const auto tenant = tenant_of(parts[0]);
  const bool well_formed =
      parts.size() == 3 && tenant && is_random(parts[1], lineage_bytes) && is_random(parts[2], refresh_bytes);
  if (!well_formed) return account::AuthorizationError::refused;
  return refresh_text(*tenant, parts[1], std::string(text));
}

std::string lineage_of(const CodeText& code) {
  const Digest digest = digest_of("refresh token lineage of " + code.text);
  return to_base64url(ByteView(digest).first(lineage_bytes));
}

}  // namespace ocf::auth_builtin
