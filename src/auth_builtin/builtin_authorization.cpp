#include "auth_builtin/builtin_authorization.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <utility>

namespace ocf::auth_builtin {
namespace {

using account::AuthorizationError;
using account::awaitable;
using account::Principal;
using account::Right;
using Handled = Result<es::EventBatch>;

constexpr std::size_t id_bytes = 16;
std::string random_id() { return to_base64url(random_bytes(id_bytes)); }

// Callers learn that the credentials were refused, and roughly why, or that nobody could be asked.
Error outward(Error error) {
  if (account::is_refusal_of_credentials(error)) return error;
  if (error == CodeError::unknown) return AuthorizationError::refused;
  if (error == CodeError::expired) return AuthorizationError::expired;
  return AuthorizationError::unavailable;
}

es::Envelope envelope(const Principal& principal, Time now) {
  es::Audit audit;
  audit.principal = principal.text();
  audit.owner = principal.owner.text();
  return es::Envelope(now, std::move(audit));
}

bool agrees(const std::optional<DeviceId>& certificate, const DeviceId& device) {
  return !certificate || *certificate == device;
}

// Whether the token is one for who shows it. Errors: refused, certificate_disagrees.
Result<void> check_fit(const account::Check& shown, const AccessToken& token) {
  if (!shown.uid.empty() && shown.uid != token.owner.text()) return AuthorizationError::refused;
  if (shown.device.has_value() != token.binding.has_value()) return AuthorizationError::refused;
  if (!shown.device) return {};
  if (*shown.device != token.binding->device) return AuthorizationError::refused;
  if (!agrees(shown.certificate_device, *shown.device)) return AuthorizationError::certificate_disagrees;
  return {};
}

// Who may do what changes when a device gets its first tokens and when it loses them.
bool changes_access(const es::EventBatch& batch) {
  return std::any_of(batch->begin(), batch->end(), [](const es::RecordedEvent& recorded) {
    const auto event = DeviceTokens::decode(recorded);
    return event && *event &&
           (std::holds_alternative<FamilyStarted>(**event) || std::holds_alternative<FamilyRevoked>(**event));
  });
}

}  // namespace

struct BuiltinAuthorization::IssuedPair {
  IssuedPair(Principal device_, account::Tokens tokens_, std::string family_)
      : device(std::move(device_)), tokens(std::move(tokens_)), family(std::move(family_)) {}

  Principal device;
  account::Tokens tokens;
  std::string family;
};

BuiltinAuthorization::BuiltinAuthorization(es::EventStore& store, Settings settings, SigningKey key)
    : store_(store),
      settings_(std::move(settings)),
      parties_{settings_.issuer, settings_.audience},
      key_(std::move(key)),
      cache_(settings_.cached_devices_max) {}

awaitable<Result<account::SignedUp>> BuiltinAuthorization::sign_up(account::SignUp request) {
  if (!request.provider.empty() && request.provider != settings_.provider) {
    co_return AuthorizationError::unknown_provider;
  }
  if (!agrees(request.certificate_device, request.device))
    co_return AuthorizationError::certificate_disagrees;
  const auto code = CodeText::parse(request.code);
  if (!code) co_return AuthorizationError::refused;

  // Whoever comes second finds the first one served, and not half served: so a code that many show at once
  // gives one registration, which the others then revoke.
  const net::Turn::Held held = co_await turn_of(*code).take();
  Principal device = Principal::of_device(code->tenant, {}, request.device);
  const auto exchanged = co_await exchange(*code, device, request.now);
  if (!exchanged) co_return exchanged.error();
  device.owner = exchanged->issued->owner;
  RefreshText refresh_token = RefreshText::generate(code->tenant, lineage_of(*code));
  Command command =
      StartFamily{exchanged->exchanged->family, device.owner, refresh_token.lineage_digest,
                  refresh_token.digest,         request.now,  exchanged->exchanged->retry_until};
  auto pair =
      co_await issue_pair(std::move(device), std::move(refresh_token), std::move(command), request.now);
  if (!pair) co_return pair.error();
  co_return account::SignedUp{std::move(pair->device), std::move(pair->tokens), std::move(pair->family)};
}

net::Turn& BuiltinAuthorization::turn_of(const CodeText& code) {
  return turns_[std::hash<std::string>()(lineage_of(code)) % turns_.size()];
}

awaitable<Result<Code::State>> BuiltinAuthorization::exchange(CodeText code, Principal device, Time now) {
  es::Known<Code> known;
  Code::Command command = ExchangeCode{device.device, random_id(), now, now + settings_.code_lifetime};
  es::Envelope audit = envelope(device, now);
  const Handled done = co_await es::handle_command<Code>(store_, Code::stream(code), known,
                                                         std::move(command), std::move(audit));
  if (done) co_return std::move(known.state);
  if (done.error() != make_error_code(CodeError::replayed)) co_return outward(done.error());

  // Whoever shows a used code may have stolen it, or the one before did: what it gave ends, whoever has it.
  const CodeExchanged& gave = *known.state.exchanged;
  Principal victim = Principal::of_device(code.tenant, known.state.issued->owner, gave.device);
  Command revoke = RevokeFamily{gave.family, Revocation::code_replayed, now, gave.retry_until};
  const auto revoked = co_await change(std::move(victim), std::move(revoke), now);
  if (!revoked) co_return revoked.error();
  co_return AuthorizationError::reused;
}

awaitable<Result<account::Checked>> BuiltinAuthorization::check(account::Check request) {
  const auto token = verify_access_token(request.token, parties_, key_, request.now);
  if (!token && token.error() == TokenError::expired) co_return AuthorizationError::expired;
  if (!token) co_return AuthorizationError::refused;
  if (const auto fits = check_fit(request, *token); !fits) co_return fits.error();
  account::Checked checked;
  checked.expires = token->expires;
  if (!token->binding) {
    checked.principal = Principal::user(token->tenant, token->owner);
    co_return checked;
  }
  const DeviceBinding& binding = *token->binding;
  checked.principal = Principal::of_device(token->tenant, token->owner, binding.device);
  Command command = UseGeneration{binding.family, binding.generation, token->owner, request.now};
  const auto used = co_await change(checked.principal, std::move(command), request.now);
  if (!used) co_return used.error();
  co_return checked;
}

awaitable<Result<account::Tokens>> BuiltinAuthorization::refresh(account::Refresh request) {
  const auto presented = RefreshText::parse(request.refresh_token);
  if (!presented) co_return AuthorizationError::refused;
  if (!agrees(request.certificate_device, request.device))
    co_return AuthorizationError::certificate_disagrees;

  RefreshText next = RefreshText::generate(presented->tenant, presented->lineage);
  Command command = RotateRefreshToken{presented->lineage_digest, presented->digest,
                                       account::Owner(request.uid), next.digest, request.now};
  Principal device = Principal::of_device(presented->tenant, account::Owner(request.uid), request.device);
  auto pair = co_await issue_pair(std::move(device), std::move(next), std::move(command), request.now);
  if (!pair) co_return pair.error();
  co_return std::move(pair->tokens);
}

awaitable<Result<BuiltinAuthorization::IssuedPair>> BuiltinAuthorization::issue_pair(
    Principal device, RefreshText refresh_token, Command command, Time now) {
  const auto after = co_await change(device, std::move(command), now);
  if (!after) co_return after.error();
  const DeviceTokens::Family* family = after->state.issued(refresh_token.digest);
  if (family == nullptr) co_return AuthorizationError::reused;

  AccessToken access_token;
  access_token.tenant = device.tenant;
  access_token.owner = family->owner;
  access_token.binding = DeviceBinding{device.device, family->id, family->current.number};
  access_token.issued = std::chrono::floor<std::chrono::seconds>(now);
  access_token.expires = access_token.issued + settings_.access_token_lifetime;
  access_token.id = random_id();
  device.owner = family->owner;

  account::Tokens tokens;
  tokens.access_token = sign_access_token(access_token, parties_, key_);
  tokens.refresh_token = std::move(refresh_token.text);
  tokens.uid = family->owner.text();
  tokens.expires = access_token.expires;
  co_return IssuedPair(std::move(device), std::move(tokens), family->id);
}

awaitable<Result<void>> BuiltinAuthorization::sign_off(account::Tenant tenant, DeviceId device,
                                                       account::Owner owner, Time now) {
  Principal principal = Principal::of_device(std::move(tenant), {}, device);
  Command command = RevokeAll{std::move(owner), now};
  const auto revoked = co_await change(std::move(principal), std::move(command), now);
  if (!revoked) co_return revoked.error();
  co_return Result<void>();
}

awaitable<Result<account::Access>> BuiltinAuthorization::access(Principal principal, Time now) {
  account::Access access;
  access.as_of = now;
  access.revision = revision_;
  if (principal.kind == Principal::Kind::user) access.on_owned = Right::read | Right::control | Right::manage;
  if (principal.kind == Principal::Kind::device) {
    const es::StreamId stream = DeviceTokens::stream(principal.tenant, principal.device);
    const std::uint64_t evictions = cache_.evictions();
    Known known = cache_.find(stream);
    if (known.version == 0) {
      const auto read = co_await es::catch_up<DeviceTokens>(store_, stream, known);
      if (!read) co_return AuthorizationError::unavailable;
      cache_.keep(stream, known, evictions);
    }
    if (known.state.has_living(principal.owner)) access.on_owned = Right::read | Right::control | Right::host;
  }
  access.principal = std::move(principal);
  co_return access;
}

awaitable<Result<BuiltinAuthorization::Known>> BuiltinAuthorization::change(Principal device, Command command,
                                                                            Time now) {
  const es::StreamId stream = DeviceTokens::stream(device.tenant, device.device);
  const std::uint64_t evictions = cache_.evictions();
  Known known = cache_.find(stream);
  es::Envelope audit = envelope(device, now);
  const Handled done =
      co_await es::handle_command<DeviceTokens>(store_, stream, known, std::move(command), std::move(audit));
  cache_.keep(stream, known, evictions);
  if (!done) co_return outward(done.error());
  if (changes_access(*done)) tell_listeners(device.tenant);
  co_return known;
}

account::Authorization::Subscription BuiltinAuthorization::on_change(Listener listener) {
  auto subscription = std::make_shared<const Listener>(std::move(listener));
  listeners_.push_back(subscription);
  return std::const_pointer_cast<Listener>(subscription);
}

// A listener may subscribe or unsubscribe, itself too.
void BuiltinAuthorization::tell_listeners(const account::Tenant& tenant) {
  ++revision_;
  std::erase_if(listeners_, [](const auto& listener) { return listener.expired(); });
  const auto listeners = listeners_;
  for (const auto& weak : listeners) {
    if (const auto listener = weak.lock()) (*listener)(tenant);
  }
}

awaitable<Result<std::string>> BuiltinAuthorization::issue_code(account::Tenant tenant, account::Owner owner,
                                                                Time now) {
  const CodeText code = CodeText::generate(tenant);
  es::Known<Code> known;
  Code::Command command = IssueCode{owner, now + settings_.code_lifetime};
  es::Envelope audit = envelope(Principal::user(std::move(tenant), owner), now);
  const Handled issued = co_await es::handle_command<Code>(store_, Code::stream(code), known,
                                                           std::move(command), std::move(audit));
  if (!issued) co_return outward(issued.error());
  co_return code.text;
}

std::string BuiltinAuthorization::issue_user_token(const account::Tenant& tenant, const account::Owner& owner,
                                                   std::chrono::seconds lifetime, Time now) const {
  AccessToken token;
  token.tenant = tenant;
  token.owner = owner;
  token.issued = std::chrono::floor<std::chrono::seconds>(now);
  token.expires = token.issued + lifetime;
  token.id = random_id();
  return sign_access_token(token, parties_, key_);
}

}  // namespace ocf::auth_builtin
