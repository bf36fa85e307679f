// The seam to the Authorization context: who is behind a code or token, and what may they do. Plug:
// auth_builtin/; each passes tests/contract/authorization_contract.hpp.
#pragma once

#include "account/error.hpp"
#include "account/principal.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ocf::account {

template <class T>
using awaitable = boost::asio::awaitable<T>;

// Requests have explicit constructors by way of required first members: they travel through awaits.
struct SignUp {
  SignUp(DeviceId di, std::string code_, Time now_) : device(di), code(std::move(code_)), now(now_) {}
  DeviceId device;
  std::string code;      // the one-time authorization code (`accesstoken` or `authcode` of the request)
  std::string provider;  // `authprovider`; empty: the default one
  std::optional<DeviceId> certificate_device;  // of the verified client certificate; must agree with `device`
  Time now;
};

struct Tokens {
  std::string access_token;
  std::string refresh_token;
  std::string uid;              // what the device sends back as `uid`: the owner
  std::optional<Time> expires;  // of the access token; nullopt: never
};

struct SignedUp {
  Principal principal;  // kind device
  Tokens tokens;
  std::string grant;  // names this onboarding: the same for every retry with the same code, different for
                      // another code
};

struct Check {
  Check(std::string token_, Time now_) : token(std::move(token_)), now(now_) {}
  std::string token;
  std::optional<DeviceId> device;  // sign-in: whom the token must be bound to; nullopt: a user's bearer token
  std::string uid;                 // sign-in: must be the token's owner; empty: not said
  std::optional<DeviceId> certificate_device;  // as in SignUp
  Time now;
};

struct Checked {
  Principal principal;
  std::optional<Time> expires;
};

struct Refresh {
  Refresh(DeviceId di, std::string token_, Time now_)
      : device(di), refresh_token(std::move(token_)), now(now_) {}
  DeviceId device;
  std::string refresh_token;
  std::string uid;  // empty: not said
  std::optional<DeviceId> certificate_device;
  Time now;
};

// Lives on the cloud's shard; awaited functions resume there. Outlives the cloud.
class Authorization {
 public:
  virtual ~Authorization() = default;

  // Where `refused` stands below, it may be a finer one of is_refusal_of_credentials().

  // Exchanges a one-time code for the device's tokens. A code works once; until the first successful check of
  // the tokens it gave, the same device gets a fresh working pair for it (answers get lost); any other replay
  // is refused and revokes what the code gave. Errors: refused, unknown_provider, unavailable.
  virtual awaitable<Result<SignedUp>> sign_up(SignUp request) = 0;

  // Who is behind an access token. Errors: refused, unavailable.
  virtual awaitable<Result<Checked>> check(Check request) = 0;

  // Rotates the refresh token: the one before stays valid for the same device until the new pair is first
  // used; reuse after that revokes the family. Errors: refused, unavailable.
  virtual awaitable<Result<Tokens>> refresh(Refresh request) = 0;

  // Revokes every token that the device has for this owner, and what others left behind: of another owner,
  // who may be about to take the device over, what a code gave stays as long as the code may be tried.
  // Idempotent. Errors: unavailable.
  virtual awaitable<Result<void>> sign_off(Tenant tenant, DeviceId device, Owner owner, Time now) = 0;

  // What a principal may do. Errors: unavailable.
  virtual awaitable<Result<Access>> access(Principal principal, Time now) = 0;

  // Calls the listener on the cloud's shard whenever the access of somebody in the tenant changed, until the
  // subscription is destroyed.
  using Listener = std::function<void(const Tenant&)>;
  using Subscription = std::shared_ptr<void>;
  [[nodiscard]] virtual Subscription on_change(Listener listener) = 0;
};

}  // namespace ocf::account
