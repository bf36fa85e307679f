// given<D>(history).when(command): what an aggregate decides after a history, for tests that read like the
// rules.
#pragma once

#include "es/decider.hpp"

#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace ocf::testing {

template <es::Decider D>
typename D::State fold(const std::vector<typename D::Event>& events, typename D::State state = {}) {
  for (const auto& event : events) state = D::evolve(std::move(state), event);
  return state;
}

// What was decided: events, or an error. Printed as stored names and bytes.
template <es::Decider D>
class Decided {
 public:
  explicit Decided(Result<std::vector<typename D::Event>> result) {
    if (result)
      events_ = std::move(*result);
    else
      error_ = result.error();
  }

  Error error() const { return error_; }
  friend bool operator==(const Decided&, const Decided&) = default;
  friend void PrintTo(const Decided& decided, std::ostream* out) {
    if (decided.error_) *out << "error: " << decided.error_.message();
    for (const auto& event : decided.events_) {
      const es::EncodedEvent encoded = D::encode(event);
      *out << encoded.type << ' ' << to_hex(encoded.data) << "; ";
    }
  }

 private:
  std::vector<typename D::Event> events_;
  Error error_;
};

template <es::Decider D>
struct Given {
  typename D::State state;
  Decided<D> when(const typename D::Command& command) const { return Decided<D>(D::decide(state, command)); }
};

template <es::Decider D>
Given<D> given(const std::vector<typename D::Event>& history) {
  return {fold<D>(history)};
}

// The events that a test expects. then<D>({}): nothing to do.
template <es::Decider D>
Decided<D> then(std::vector<typename D::Event> events) {
  return Decided<D>(std::move(events));
}

// The envelope around an event as a store would have recorded it.
template <es::Decider D>
es::RecordedEvent recorded(const typename D::Event& event, const es::StreamId& stream,
                           es::Version version = 1, es::Spoken spoken = {}) {
  es::EncodedEvent encoded = D::encode(event);
  es::NewEvent envelope;
  envelope.type = std::move(encoded.type);
  envelope.data = std::move(encoded.data);
  envelope.spoken = spoken;
  return {{}, stream, version, std::move(envelope)};
}

// What a reader of the store gets for an event. Fails the test by exception if it is an error or unknown.
template <es::Decider D>
typename D::Event stored_and_read(const typename D::Event& event, const es::StreamId& stream,
                                  es::Spoken spoken = {}) {
  return D::decode(recorded<D>(event, stream, 1, spoken)).value().value();
}

// Runs `count` commands, made by `command(state, random)`, and returns the events of those that were
// accepted. The same seed makes the same history.
template <es::Decider D, class Make>
std::vector<typename D::Event> random_history(std::uint32_t seed, int count, Make command) {
  std::mt19937 random(seed);
  std::vector<typename D::Event> history;
  typename D::State state;
  for (int i = 0; i < count; ++i) {
    const auto decided = D::decide(state, command(state, random));
    if (!decided) continue;
    for (const auto& event : *decided) {
      state = D::evolve(std::move(state), event);
      history.push_back(event);
    }
  }
  return history;
}

// Whether a history that was stored and read folds to one state however it is cut into a prefix, kept as a
// state, and a rest.
template <es::Decider D>
bool folds_alike(const std::vector<typename D::Event>& history) {
  const typename D::State whole = fold<D>(history);
  for (std::size_t cut = 0; cut <= history.size(); ++cut) {
    const auto at = history.begin() + static_cast<std::ptrdiff_t>(cut);
    const std::vector<typename D::Event> prefix(history.begin(), at), rest(at, history.end());
    if (!(fold<D>(rest, fold<D>(prefix)) == whole)) return false;
  }
  return true;
}

}  // namespace ocf::testing
