// Aggregate `administration` (stream <tenant>/administration/0/acts): what administrators had the hub do. It
// has no rules: whoever reaches the hub's socket may do all of it.
#pragma once

#include "account/principal.hpp"
#include "es/decider.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ocf::account {

enum class Act : std::uint8_t {
  token_issued,            // about: the owner
  code_issued,             // about: the owner
  certificate_issued,      // about: the device id
  authority_trusted,       // about: the CA's name
  certificates_revoked,    // about: their serials
  configuration_reloaded,  // about: the keys that differed
  drain_begun,             // about: connections per second
};

// Stored under the name of its act, "TokenIssued": never rename, add fields only
// (docs/wire/events-account.md).
struct AdministrativeAct {
  AdministrativeAct() = default;
  AdministrativeAct(Act act_, std::string about_) : act(act_), about(std::move(about_)) {}

  Act act = Act::token_issued;
  std::string about;
  friend bool operator==(const AdministrativeAct&, const AdministrativeAct&) = default;
};

struct Administration {
  using Event = std::variant<AdministrativeAct>;
  using Command = std::variant<AdministrativeAct>;
  struct State {
    std::uint64_t acts = 0;
    friend bool operator==(const State&, const State&) = default;
  };

  // Always the act itself.
  static Result<std::vector<Event>> decide(const State& state, const Command& command);
  static State evolve(State state, const Event& event);
  static es::EncodedEvent encode(const Event& event);
  static Result<std::optional<Event>> decode(const es::RecordedEvent& recorded);

  static es::StreamId stream(const Tenant& tenant);
};
static_assert(es::Decider<Administration>);

}  // namespace ocf::account
