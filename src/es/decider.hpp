// An aggregate's rules as two pure functions. decide: what a command leads to in a state; evolve: what an
// event makes of it.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "es/event.hpp"

#include <concepts>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ocf::es {

// An event as its stored name and bytes, before it has an envelope.
struct EncodedEvent {
  std::string type;
  Bytes data;
};

// No clock, no randomness, no I/O in any of the four. State{} is the beginning. An empty decision means:
// nothing to do (an idempotent retry). evolve is total. decode answers an empty optional for types that a
// newer release added.
template <class D>
concept Decider = std::default_initializable<typename D::State> &&
    requires(typename D::State state, const typename D::Command& command, const typename D::Event& event,
             const RecordedEvent& recorded) {
  { D::decide(std::as_const(state), command) } -> std::same_as<Result<std::vector<typename D::Event>>>;
  { D::evolve(std::move(state), event) } -> std::same_as<typename D::State>;
  { D::encode(event) } -> std::same_as<EncodedEvent>;
  { D::decode(recorded) } -> std::same_as<Result<std::optional<typename D::Event>>>;
};

}  // namespace ocf::es
