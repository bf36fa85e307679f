// Aggregate `tokens` (stream <tenant>/<di>/0/tokens): the token families of one device, one family per
// onboarding.
//
//   FamilyStarted ─ generation 1 ──► GenerationUsed ──► PairIssued ─ generation 2 ──► GenerationUsed ──► …
//                                                       (1 stays valid meanwhile)     (1 is retired)
//   FamilyRevoked ends a family from anywhere.
#pragma once

#include "account/principal.hpp"
#include "auth_builtin/secret.hpp"
#include "es/decider.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ocf::auth_builtin {

// Families of one device that are alive, or remembered as revoked. One owner has two at most; the rest is
// other owners trying.
inline constexpr std::size_t families_max = 16;

// Stored: never renumber.
enum class Revocation : std::uint8_t {
  signed_off = 1,
  code_replayed = 2,
  refresh_token_reused = 3,
  superseded = 4,  // the same owner onboarded the device anew
};

// Stored: never renumber, add fields only (docs/wire/events-authorization.md).
struct FamilyStarted {  // with generation 1
  std::string family;
  account::Owner owner;
  Digest lineage{};
  Digest refresh_token{};
  Time started{};
  Time retry_until{};  // of the code
  friend bool operator==(const FamilyStarted&, const FamilyStarted&) = default;
};
struct PairIssued {
  std::string family;
  std::uint32_t generation = 0;
  std::uint32_t previous = 0;  // stays valid until this one is used
  Digest refresh_token{};
  friend bool operator==(const PairIssued&, const PairIssued&) = default;
};
struct GenerationUsed {
  std::string family;
  std::uint32_t generation = 0;
  friend bool operator==(const GenerationUsed&, const GenerationUsed&) = default;
};
struct FamilyRevoked {
  std::string family;
  Revocation reason{};
  std::optional<Time> remember_until;  // while its code might still be tried; nullopt: nobody will ask again
  friend bool operator==(const FamilyRevoked&, const FamilyRevoked&) = default;
};

// Gives a family its first pair, or, until a pair of it was used, another one.
struct StartFamily {
  std::string family;
  account::Owner owner;
  Digest lineage{};
  Digest refresh_token{};  // of the pair to be issued
  Time now{};
  Time retry_until{};
};
struct RotateRefreshToken {
  Digest lineage{};
  Digest presented{};
  account::Owner owner;    // who the device says; empty: not said
  Digest refresh_token{};  // of the pair to be issued
  Time now{};
};
struct UseGeneration {
  std::string family;
  std::uint32_t generation = 0;
  account::Owner owner;
  Time now{};
};
struct RevokeFamily {
  std::string family;
  Revocation reason{};
  Time now{};
  Time retry_until{};  // of the code that would start the family, if it did not yet
};
struct RevokeAll {  // of the owner, and of others whose code cannot be tried any more
  account::Owner owner;
  Time now{};
};

struct DeviceTokens {
  using Event = std::variant<FamilyStarted, PairIssued, GenerationUsed, FamilyRevoked>;
  using Command = std::variant<StartFamily, RotateRefreshToken, UseGeneration, RevokeFamily, RevokeAll>;

  struct Generation {
    std::uint32_t number = 0;
    Digest refresh_token{};
    bool used = false;
    friend bool operator==(const Generation&, const Generation&) = default;
  };
  struct Family {
    std::string id;
    account::Owner owner;
    Digest lineage{};
    Time retry_until{};
    bool revoked = false;
    bool used = false;  // any of its generations
    Generation current;
    std::optional<Generation> previous;  // until the current one is used
    friend bool operator==(const Family&, const Family&) = default;
  };
  struct State {
    std::vector<Family> families;
    // The living family whose newest pair has this refresh token; nullptr: none.
    const Family* issued(const Digest& refresh_token) const;
    bool has_living(const account::Owner& owner) const;
    friend bool operator==(const State&, const State&) = default;
  };

  // A reuse decides FamilyRevoked and no PairIssued: that is a refusal, too. The first use of a family
  // revokes the same owner's others. Errors: AuthorizationError::refused; reused,
  // of a code.
  static Result<std::vector<Event>> decide(const State& state, const Command& command);
  static State evolve(State state, const Event& event);
  static es::EncodedEvent encode(const Event& event);
  static Result<std::optional<Event>> decode(const es::RecordedEvent& recorded);

  static es::StreamId stream(const account::Tenant& tenant, const DeviceId& device);
};
static_assert(es::Decider<DeviceTokens>);

}  // namespace ocf::auth_builtin
