// The aggregates of one kind: commands to one stream are handled one after the other in order of arrival, and
// states that were folded are kept, so that a command rarely reads its stream.
#pragma once

#include "es/event_store.hpp"
#include "es/handle_command.hpp"
#include "net/abreast.hpp"
#include "net/turn.hpp"

#include <iterator>
#include <list>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ocf::cloud {

// Lives on one shard. Keeps at most `kept_max` states besides those in use and those with an append whose
// outcome is unknown, of which there are as many as a failing store took at once; the others are caches of
// folds and may be dropped at any time.
template <es::Decider D>
class Aggregates {
 public:
  Aggregates(es::EventStore& store, std::size_t kept_max) : store_(store), kept_max_(kept_max) {}

  // Decides and appends. The batch is empty if there was nothing to do.
  // Errors: of D::decide and of EventStore::append, conflicts_exhausted.
  template <class Command>
  boost::asio::awaitable<Result<es::EventBatch>> handle(es::StreamId stream, Command command,
                                                        es::Envelope envelope) {
    return run(std::move(stream), typename D::Command(std::move(command)), std::move(envelope));
  }

  // The state as it stands. Errors: of EventStore::read; of an append whose outcome is unknown yet.
  boost::asio::awaitable<Result<typename D::State>> load(es::StreamId stream) {
    const Use use(*this, stream);
    Entry& entry = use.entry();
    const net::Turn::Held held = co_await entry.turn.take();
    const auto settled = co_await es::settle<D>(store_, stream, entry.known);
    if (!settled) co_return settled.error();
    if (entry.known.version == 0) {
      const auto loaded = co_await es::catch_up<D>(store_, stream, entry.known);
      if (!loaded) co_return loaded.error();
    }
    co_return entry.known.state;
  }

  // Appends of which nobody knows whether they are stored are settled, so that everybody hears of the events
  // even if no command comes to their streams. How many were: while the store is away, none.
  boost::asio::awaitable<std::size_t> settle() {
    std::size_t count = 0;
    if (unsettled_.empty()) co_return count;
    // One tells whether the store is there; the others share a sync.
    es::StreamId first = *unsettled_.begin();
    const auto settled = co_await settle(std::move(first), count);
    if (!settled && settled.error() == es::StoreError::unavailable) co_return count;
    std::vector<es::StreamId> others(unsettled_.begin(), unsettled_.end());
    auto settle_one = [this, &count](es::StreamId stream) { return settle(std::move(stream), count); };
    co_await net::abreast(std::move(others), std::move(settle_one));
    co_return count;
  }

 private:
  struct Entry {
    es::Known<D> known;
    net::Turn turn;
    std::size_t users = 0;
    std::list<es::StreamId>::iterator recent;
  };

  // Pins an entry while a coroutine works with it.
  class Use {
   public:
    Use(Aggregates& owner, const es::StreamId& stream) : owner_(owner), entry_(owner.enter(stream)) {
      ++entry_.users;
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
      --entry_.users;
      owner_.trim();
    }
    Entry& entry() const { return entry_; }

   private:
    Aggregates& owner_;
    Entry& entry_;
  };

  boost::asio::awaitable<Result<es::EventBatch>> run(es::StreamId stream, typename D::Command command,
                                                     es::Envelope envelope) {
    const Use use(*this, stream);
    Entry& entry = use.entry();
    const net::Turn::Held held = co_await entry.turn.take();
    auto handled =
        co_await es::handle_command<D>(store_, stream, entry.known, std::move(command), std::move(envelope));
    if (entry.known.unsettled) unsettled_.insert(std::move(stream));
    co_return handled;
  }

  boost::asio::awaitable<Result<void>> settle(es::StreamId stream, std::size_t& count) {
    const auto settled = co_await load(stream);
    if (!is_unsettled(stream)) count += unsettled_.erase(stream);
    if (!settled) co_return settled.error();
    co_return Result<void>();
  }

  bool is_unsettled(const es::StreamId& stream) const {
    const auto entry = entries_.find(stream);
    return entry != entries_.end() && entry->second->known.unsettled != nullptr;
  }

  Entry& enter(const es::StreamId& stream) {
    auto& entry = entries_[stream];
    if (entry) {
      recent_.splice(recent_.begin(), recent_, entry->recent);
    } else {
      entry = std::make_unique<Entry>();
      recent_.push_front(stream);
      entry->recent = recent_.begin();
    }
    return *entry;
  }

  // Looks at a few, not at all that have to stay, of which there may be any number: those become the newest.
  void trim() {
    for (int looks = 4; looks > 0 && entries_.size() > kept_max_; --looks) {
      const auto oldest = std::prev(recent_.end());
      const auto entry = entries_.find(*oldest);
      if (entry->second->users > 0 || entry->second->known.unsettled) {
        recent_.splice(recent_.begin(), recent_, oldest);
        continue;
      }
      entries_.erase(entry);
      recent_.erase(oldest);
    }
  }

  es::EventStore& store_;
  std::size_t kept_max_;
  std::unordered_map<es::StreamId, std::unique_ptr<Entry>> entries_;
  std::list<es::StreamId> recent_;              // the most recently used first
  std::unordered_set<es::StreamId> unsettled_;  // those that may have such an append
};

}  // namespace ocf::cloud
