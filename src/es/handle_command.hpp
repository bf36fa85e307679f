// A command on an aggregate, from its stream and back: read → fold → decide → append. The only imperative
// part of the domain.
#pragma once

#include "base/random.hpp"
#include "es/decider.hpp"
#include "es/event_store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ocf::es {

// An aggregate as of a version of its stream. Known{} is the beginning of every stream. A cache: it may be
// old.
template <Decider D>
struct Known {
  Known() = default;
  Known(typename D::State state_, Version version_) : state(std::move(state_)), version(version_) {}

  // Back to the beginning: it has to be read again. What is unsettled stays so.
  void forget() {
    state = typename D::State();
    version = 0;
  }

  typename D::State state{};
  Version version = 0;
  // An append of which nobody knows whether it is stored: until that is settled the state cannot be trusted,
  // even if it was just read. A disk that fails a sync may show the events only after it is opened anew.
  std::shared_ptr<const Append> unsettled;
};

// A fence at the version that the first event of the append gets: the append opens a session and its version
// is the epoch.
struct FenceAtFirstEvent {
  std::string key;
};

// What the events of a command have in common.
struct Envelope {
  Envelope(Time now_, Audit audit_) : now(now_), audit(std::move(audit_)) {}

  Time now;
  Audit audit;
  Spoken spoken;
  std::variant<std::monostate, Fence, FenceAtFirstEvent> fence;  // monostate: not fenced
};

// How often a command is decided while others write the same stream.
inline constexpr int decisions_max = 8;

namespace detail {

template <Decider D>
std::vector<NewEvent> envelop(const std::vector<typename D::Event>& events, const Envelope& envelope) {
  std::vector<NewEvent> enveloped;
  enveloped.reserve(events.size());
  for (const auto& event : events) {
    EncodedEvent encoded = D::encode(event);
    enveloped.push_back({EventId(random_uuid()), std::move(encoded.type), std::move(encoded.data),
                         envelope.now, envelope.audit, envelope.spoken});
  }
  return enveloped;
}

inline std::optional<Fence> fence_of(const Envelope& envelope, Version expected) {
  if (const auto* fixed = std::get_if<Fence>(&envelope.fence)) return *fixed;
  if (const auto* first = std::get_if<FenceAtFirstEvent>(&envelope.fence))
    return Fence{first->key, expected + 1};
  return std::nullopt;
}

// Appends, once more if the outcome is unknown: with the same event ids, so the store tells a retry from a
// conflict. A second failure that says nothing about the first attempt leaves the outcome unknown.
// `append` must outlive the await.
inline awaitable<Result<EventBatch>> append_surely(EventStore& store, const Append& append) {
  Append attempt = append;
  Result<EventBatch> first = co_await store.append(std::move(attempt));
  if (first || first.error() != StoreError::outcome_unknown) co_return first;
  attempt = append;
  Result<EventBatch> second = co_await store.append(std::move(attempt));
  if (second || second.error() == StoreError::version_conflict || second.error() == StoreError::fenced)
    co_return second;
  co_return first;
}

}  // namespace detail

// Folds what was stored since onto `known`. Errors: those of EventStore::read and of D::decode; `known` is
// then at the beginning, so that nobody takes for the newest what was read by half. `known` must outlive the
// await.
template <Decider D>
awaitable<Result<void>> catch_up(EventStore& store, StreamId stream, Known<D>& known) {
  for (;;) {
    const auto page = co_await store.read(stream, known.version);
    if (!page) {
      known.forget();
      co_return page.error();
    }
    if (page->empty()) co_return Result<void>();
    for (const RecordedEvent& recorded : *page) {
      auto event = D::decode(recorded);
      if (!event) {
        known.forget();
        co_return event.error();
      }
      if (*event) known.state = D::evolve(std::move(known.state), **event);
      known.version = recorded.version;
    }
  }
}

// Finds out what became of an append whose outcome is unknown, if there is one: it is repeated with its event
// ids, so its events are now stored, once, or never will be. Folds what was stored since. Errors: those of
// EventStore::append and of catch_up; while the outcome stays unknown, unavailable. `known` must outlive the
// await.
template <Decider D>
awaitable<Result<void>> settle(EventStore& store, StreamId stream, Known<D>& known) {
  if (!known.unsettled) co_return Result<void>();
  const std::shared_ptr<const Append> append = known.unsettled;
  const Result<EventBatch> stored = co_await detail::append_surely(store, *append);
  if (!stored && stored.error() == StoreError::outcome_unknown) co_return StoreError::unavailable;
  if (!stored && stored.error() != StoreError::version_conflict && stored.error() != StoreError::fenced)
    co_return stored.error();
  const Result<void> current = co_await catch_up<D>(store, std::move(stream), known);
  if (current) known.unsettled.reset();
  co_return current;
}

// Decides the command on the newest state and stores what was decided; the answer, never null, is what was
// stored, and empty if there was nothing to do. `known` is brought up to date, the new events included, and
// must outlive the await. If another writer was quicker, reads and decides again, decisions_max times in all.
// After outcome_unknown the next command settles that first: it is never decided on a state of which nobody
// knows whether it is the newest.
// Name the command before the co_await: g++ 12 destroys a temporary twice. Errors: those of D::decide,
// D::decode, EventStore::read and EventStore::append (but version_conflict), conflicts_exhausted.
template <Decider D>
awaitable<Result<EventBatch>> handle_command(EventStore& store, StreamId stream, Known<D>& known,
                                             typename D::Command command, Envelope envelope) {
  const Result<void> settled = co_await settle<D>(store, stream, known);
  if (!settled) co_return settled.error();
  for (int decision = 0; decision < decisions_max; ++decision) {
    // Known states are current unless somebody else writes the stream: the append finds out, and costs less
    // than a read.
    if (known.version == 0 || decision > 0) {
      const Result<void> current = co_await catch_up<D>(store, stream, known);
      if (!current) co_return current.error();
    }
    const auto decided = D::decide(known.state, command);
    if (!decided) co_return decided.error();
    if (decided->empty()) co_return std::make_shared<const std::vector<RecordedEvent>>();
    const auto append =
        std::make_shared<const Append>(stream, known.version, detail::envelop<D>(*decided, envelope),
                                       detail::fence_of(envelope, known.version));
    Result<EventBatch> stored = co_await detail::append_surely(store, *append);
    if (stored) {
      for (const auto& event : *decided) known.state = D::evolve(std::move(known.state), event);
      known.version += decided->size();
      co_return stored;
    }
    if (stored.error() == StoreError::outcome_unknown) known.unsettled = append;
    if (stored.error() != StoreError::version_conflict) co_return stored.error();
  }
  co_return StoreError::conflicts_exhausted;
}

}  // namespace ocf::es
