#include "auth_builtin/device_tokens.hpp"

#include "account/authorization.hpp"
#include "base/overload.hpp"

#include <algorithm>

namespace ocf::auth_builtin {
namespace {

using account::AuthorizationError;
using Events = std::vector<DeviceTokens::Event>;
using Family = DeviceTokens::Family;
using Generation = DeviceTokens::Generation;
using State = DeviceTokens::State;

template <class Families, class Predicate>
auto find_if(Families& families, Predicate predicate) -> decltype(families.data()) {
  const auto found = std::find_if(families.begin(), families.end(), predicate);
  return found == families.end() ? nullptr : &*found;
}

template <class Families>
auto find(Families& families, const std::string& id) {
  return find_if(families, [&](const Family& family) { return family.id == id; });
}

FamilyRevoked revocation(const Family& family, Revocation reason, Time now) {
  FamilyRevoked revoked{family.id, reason, std::nullopt};
  if (now < family.retry_until) revoked.remember_until = family.retry_until;
  return revoked;
}

Result<Events> start(const State& state, const StartFamily& command) {
  if (const Family* family = find(state.families, command.family)) {
    if (family->revoked) return AuthorizationError::reused;
    if (family->used) return Events{revocation(*family, Revocation::code_replayed, command.now)};
    const Generation& current = family->current;
    return Events{PairIssued{family->id, current.number + 1, current.number, command.refresh_token}};
  }
  Events events;
  std::size_t remaining = 0;
  for (const Family& family : state.families) {
    const bool is_abandoned = !family.revoked && !family.used && family.owner == command.owner;
    if (is_abandoned) events.push_back(revocation(family, Revocation::superseded, command.now));
    const bool is_gone = (family.revoked || is_abandoned) && family.retry_until <= command.now;
    if (!is_gone) ++remaining;
  }
  if (remaining >= families_max) return AuthorizationError::refused;
  events.push_back(FamilyStarted{command.family, command.owner, command.lineage, command.refresh_token,
                                 command.now, command.retry_until});
  return events;
}

void use(Events& events, const State& state, const Family& family, const Generation& generation, Time now) {
  if (generation.used) return;
  events.push_back(GenerationUsed{family.id, generation.number});
  if (family.used) return;
  for (const Family& other : state.families) {
    const bool is_superseded = other.id != family.id && !other.revoked && other.owner == family.owner;
    if (is_superseded) events.push_back(revocation(other, Revocation::superseded, now));
  }
}

Result<Events> rotate(const State& state, const RotateRefreshToken& command) {
  const Family* family =
      find_if(state.families, [&](const Family& f) { return !f.revoked && f.lineage == command.lineage; });
  if (family == nullptr) return AuthorizationError::refused;
  if (!command.owner.empty() && command.owner != family->owner) return AuthorizationError::refused;

  const bool is_current = command.presented == family->current.refresh_token;
  const bool is_previous = family->previous && command.presented == family->previous->refresh_token;
  if (!is_current && !is_previous)
    return Events{revocation(*family, Revocation::refresh_token_reused, command.now)};
  const Generation& shown = is_current ? family->current : *family->previous;
  Events events;
  use(events, state, *family, shown, command.now);
  events.push_back(PairIssued{family->id, family->current.number + 1, shown.number, command.refresh_token});
  return events;
}

Result<Events> use_generation(const State& state, const UseGeneration& command) {
  const Family* family = find(state.families, command.family);
  if (family == nullptr || family->revoked || family->owner != command.owner)
    return AuthorizationError::refused;
  const bool is_current = command.generation == family->current.number;
  const bool is_previous = family->previous && command.generation == family->previous->number;
  if (!is_current && !is_previous) return AuthorizationError::refused;
  Events events;
  use(events, state, *family, is_current ? family->current : *family->previous, command.now);
  return events;
}

Result<Events> revoke(const State& state, const RevokeFamily& command) {
  if (const Family* family = find(state.families, command.family)) {
    if (family->revoked) return Events{};
    return Events{revocation(*family, command.reason, command.now)};
  }
  // Not started yet, but it could be until then.
  if (command.retry_until <= command.now) return Events{};
  return Events{FamilyRevoked{command.family, command.reason, command.retry_until}};
}

Result<Events> revoke_all(const State& state, const RevokeAll& command) {
  Events events;
  for (const Family& family : state.families) {
    const bool is_left_over = family.owner == command.owner || family.retry_until <= command.now;
    if (!family.revoked && is_left_over)
      events.push_back(revocation(family, Revocation::signed_off, command.now));
  }
  return events;
}

void apply(State& state, const FamilyStarted& event) {
  std::erase_if(state.families, [&](const Family& f) { return f.revoked && f.retry_until <= event.started; });
  Family family;
  family.id = event.family;
  family.owner = event.owner;
  family.lineage = event.lineage;
  family.retry_until = event.retry_until;
  family.current = {1, event.refresh_token, false};
  state.families.push_back(std::move(family));
}

void apply(State& state, const PairIssued& event) {
  Family* family = find(state.families, event.family);
  if (family == nullptr) return;
  if (family->current.number == event.previous) family->previous = family->current;
  family->current = {event.generation, event.refresh_token, false};
}

void apply(State& state, const GenerationUsed& event) {
  Family* family = find(state.families, event.family);
  if (family == nullptr) return;
  family->used = true;
  if (family->current.number == event.generation) {
    family->current.used = true;
    family->previous.reset();
  } else if (family->previous) {
    family->previous->used = true;
  }
}

void apply(State& state, const FamilyRevoked& event) {
  std::erase_if(state.families, [&](const Family& family) { return family.id == event.family; });
  if (!event.remember_until) return;
  Family remembered;
  remembered.id = event.family;
  remembered.retry_until = *event.remember_until;
  remembered.revoked = true;
  state.families.push_back(std::move(remembered));
}

}  // namespace

const Family* State::issued(const Digest& refresh_token) const {
  return find_if(families,
                 [&](const Family& f) { return !f.revoked && f.current.refresh_token == refresh_token; });
}

bool State::has_living(const account::Owner& owner) const {
  return std::any_of(families.begin(), families.end(),
                     [&](const Family& family) { return !family.revoked && family.owner == owner; });
}

Result<Events> DeviceTokens::decide(const State& state, const Command& command) {
  return std::visit(overload{[&](const StartFamily& c) { return start(state, c); },
                             [&](const RotateRefreshToken& c) { return rotate(state, c); },
                             [&](const UseGeneration& c) { return use_generation(state, c); },
                             [&](const RevokeFamily& c) { return revoke(state, c); },
                             [&](const RevokeAll& c) { return revoke_all(state, c); }},
                    command);
}

State DeviceTokens::evolve(State state, const Event& event) {
  std::visit([&](const auto& e) { apply(state, e); }, event);
  return state;
}

es::StreamId DeviceTokens::stream(const account::Tenant& tenant, const DeviceId& device) {
  return es::StreamId(tenant, device.text(), 0, "tokens");
}

}  // namespace ocf::auth_builtin
