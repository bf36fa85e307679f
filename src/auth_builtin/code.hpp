// Aggregate `code` (stream <tenant>/code:<hash>/0/code): a one-time authorization code, from its issue to the
// device that used it.
#pragma once

#include "account/principal.hpp"
#include "auth_builtin/secret.hpp"
#include "es/decider.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ocf::auth_builtin {

// Why a code gives nothing. Callers outside see `refused`, `expired` and `reused`.
enum class CodeError {
  unknown = 1,
  expired,
  replayed,  // given by another device, or too late by the same one: whatever the code gave has to be revoked
};
Error make_error_code(CodeError error);

// Stored: never renumber, add fields only (docs/wire/events-authorization.md).
struct CodeIssued {
  account::Owner owner;
  Time expires{};
  friend bool operator==(const CodeIssued&, const CodeIssued&) = default;
};
struct CodeExchanged {
  DeviceId device{};
  std::string family;
  Time retry_until{};  // until then the same device may ask again, because the answer may have been lost
  friend bool operator==(const CodeExchanged&, const CodeExchanged&) = default;
};

struct IssueCode {
  account::Owner owner;
  Time expires{};
};
struct ExchangeCode {
  DeviceId device{};
  std::string family;  // random: the name of the onboarding, if this is the first exchange
  Time now{};
  Time retry_until{};
};

struct Code {
  using Event = std::variant<CodeIssued, CodeExchanged>;
  using Command = std::variant<IssueCode, ExchangeCode>;
  struct State {
    std::optional<CodeIssued> issued;
    std::optional<CodeExchanged> exchanged;
    friend bool operator==(const State&, const State&) = default;
  };

  // IssueCode twice decides nothing. ExchangeCode works once; again by the same device before `retry_until`
  // it decides nothing. Errors: CodeError.
  static Result<std::vector<Event>> decide(const State& state, const Command& command);
  static State evolve(State state, const Event& event);
  static es::EncodedEvent encode(const Event& event);
  static Result<std::optional<Event>> decode(const es::RecordedEvent& recorded);

  static es::StreamId stream(const CodeText& code);
};
static_assert(es::Decider<Code>);

}  // namespace ocf::auth_builtin

template <>
struct boost::system::is_error_code_enum<ocf::auth_builtin::CodeError> : std::true_type {};
