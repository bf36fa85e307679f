// The built-in authorization server: issues one-time codes and user tokens, and answers the Authorization
// seam from them.
#pragma once

#include "account/authorization.hpp"
#include "auth_builtin/access_token.hpp"
#include "auth_builtin/code.hpp"
#include "auth_builtin/device_tokens.hpp"
#include "auth_builtin/signing_key.hpp"
#include "auth_builtin/token_cache.hpp"
#include "es/event_store.hpp"
#include "es/handle_command.hpp"
#include "net/turn.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ocf::auth_builtin {

struct Settings {
  std::string provider = "ocf-cloud";    // what devices say as `authprovider`
  std::string issuer = "urn:ocf-cloud";  // `iss` of access tokens; an URL once somebody else is to check them
  std::string audience = "urn:ocf-cloud";  // `aud`
  std::chrono::seconds access_token_lifetime{3600};
  std::chrono::seconds code_lifetime{
      300};  // also how long a device may repeat an exchange whose answer was lost
  std::size_t cached_devices_max = 200'000;  // about 1 KB each; above: a check reads the store
};

// One per process, on the cloud's shard; the store outlives it. Facts are streams
// (docs/wire/events-authorization.md), each decided by an append with expected version; no code or token is
// stored, only hashes. Nobody else writes these streams while it runs: its cache of token families trusts
// that.
//
// A device token is bound to the device, its owner and one generation of one family. A check of it costs a
// signature check and a look into the cache; it stores an event only at the first use of a generation.
class BuiltinAuthorization final : public account::Authorization {
 public:
  BuiltinAuthorization(es::EventStore& store, Settings settings, SigningKey key);

  account::awaitable<Result<account::SignedUp>> sign_up(account::SignUp request) override;
  account::awaitable<Result<account::Checked>> check(account::Check request) override;
  account::awaitable<Result<account::Tokens>> refresh(account::Refresh request) override;
  account::awaitable<Result<void>> sign_off(account::Tenant tenant, DeviceId device, account::Owner owner,
                                            Time now) override;
  // A device without living tokens may do nothing.
  account::awaitable<Result<account::Access>> access(account::Principal principal, Time now) override;
  [[nodiscard]] Subscription on_change(Listener listener) override;

  // A code that onboards one device for the owner; lives Settings::code_lifetime. Errors: unavailable.
  account::awaitable<Result<std::string>> issue_code(account::Tenant tenant, account::Owner owner, Time now);

  // A bearer token of a person or service. Kept nowhere, so it cannot be revoked: keep the lifetime short.
  std::string issue_user_token(const account::Tenant& tenant, const account::Owner& owner,
                               std::chrono::seconds lifetime, Time now) const;

  const SigningKey& key() const { return key_; }

 private:
  using Command = DeviceTokens::Command;
  using Known = es::Known<DeviceTokens>;
  struct IssuedPair;

  // Of sign-ups with the same code, and of few others.
  net::Turn& turn_of(const CodeText& code);
  // The exchange of the code: the one there was, if this is a repeat of it.
  account::awaitable<Result<Code::State>> exchange(CodeText code, account::Principal device, Time now);
  // The pair that the command issues; `refused` if it issues none.
  account::awaitable<Result<IssuedPair>> issue_pair(account::Principal device, RefreshText refresh,
                                                    Command command, Time now);
  // The state after the command, from the cache if it decides nothing.
  account::awaitable<Result<Known>> change(account::Principal device, Command command, Time now);
  void tell_listeners(const account::Tenant& tenant);

  es::EventStore& store_;
  Settings settings_;
  TokenParties parties_;
  SigningKey key_;
  TokenCache cache_;
  std::uint64_t revision_ = 1;
  std::vector<std::weak_ptr<const Listener>> listeners_;
  std::array<net::Turn, 256> turns_;
};

}  // namespace ocf::auth_builtin
