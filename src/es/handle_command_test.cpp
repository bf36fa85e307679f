#include "es/handle_command.hpp"

#include "store_memory/memory_event_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <functional>

namespace ocf::es {
namespace {

// A sum that must not exceed 100; adding nothing decides nothing, adding more than 10 takes two events.
struct Sum {
  struct Added {
    std::uint8_t amount;
  };
  using Event = Added;
  struct Command {
    int amount;
  };
  struct State {
    int sum = 0;
  };

  static Result<std::vector<Event>> decide(const State& state, const Command& command) {
    if (state.sum + command.amount > 100)
      return boost::system::errc::make_error_code(boost::system::errc::result_out_of_range);
    std::vector<Event> events;
    if (command.amount > 10) events.push_back({10});
    const int rest = command.amount > 10 ? command.amount - 10 : command.amount;
    if (rest > 0) events.push_back({static_cast<std::uint8_t>(rest)});
    return events;
  }
  static State evolve(State state, const Event& event) { return {state.sum + event.amount}; }
  static EncodedEvent encode(const Event& event) { return {"Added", {event.amount}}; }
  static Result<std::optional<Event>> decode(const RecordedEvent& recorded) {
    if (recorded.event.type != "Added") return std::optional<Event>();
    if (recorded.event.data.size() != 1) return StoreError::malformed_event;
    return std::optional<Event>(Event{recorded.event.data[0]});
  }
};
static_assert(Decider<Sum>);

NewEvent event_of(std::string type, Bytes data) {
  NewEvent event;
  event.id = EventId(random_uuid());
  event.type = std::move(type);
  event.data = std::move(data);
  return event;
}

// The memory store, with what happens just before or instead of the next appends.
class TroubledStore final : public EventStore {
 public:
  enum class Trouble {
    none,
    conflict,     // another writer appends first
    lost_answer,  // stored, but the answer is lost
    lost_append,  // not stored, and nobody knows
    unavailable,
  };

  Partition partitions() const override { return store.partitions(); }
  awaitable<Result<std::vector<RecordedEvent>>> read(StreamId stream, Version after) override {
    if (reads_fail_after == reads++) co_return StoreError::unavailable;
    co_return co_await store.read(std::move(stream), after);
  }
  awaitable<Result<EventBatch>> append(Append append) override {
    appends.push_back(append);
    Trouble trouble = Trouble::none;
    if (!troubles.empty()) {
      trouble = troubles.front();
      troubles.pop_front();
    }
    if (trouble == Trouble::unavailable) co_return StoreError::unavailable;
    if (trouble == Trouble::lost_append) co_return StoreError::outcome_unknown;
    if (trouble == Trouble::conflict) {
      Append other(append.stream, append.expected, std::vector<NewEvent>(1, event_of("Added", {1})));
      const auto stored = co_await store.append(std::move(other));
      if (!stored) co_return stored.error();
    }
    auto stored = co_await store.append(std::move(append));
    if (trouble == Trouble::lost_answer) co_return StoreError::outcome_unknown;
    co_return stored;
  }
  awaitable<Result<void>> trim(Trim trim) override { return store.trim(std::move(trim)); }
  awaitable<Result<LogSlice>> read_partition(Partition partition, Offset from, std::size_t limit) override {
    return store.read_partition(partition, from, limit);
  }

  store_memory::MemoryEventStore store{1};
  std::deque<Trouble> troubles;
  std::vector<Append> appends;
  int reads = 0;
  int reads_fail_after = -1;  // the one after so many does
};

using Trouble = TroubledStore::Trouble;

struct HandleCommand : ::testing::Test {
  template <class T>
  T run(awaitable<T> work) {
    std::optional<T> result;
    boost::asio::io_context context;
    boost::asio::co_spawn(context, std::move(work), [&result](std::exception_ptr failed, T value) {
      if (failed) std::rethrow_exception(failed);
      result = std::move(value);
    });
    context.run();
    return std::move(*result);
  }

  struct Handled {
    Known<Sum> known;
    EventBatch events;
  };
  Result<Handled> add(int amount, Known<Sum> known = {}) {
    Sum::Command command{amount};
    auto events = run(handle_command<Sum>(store, stream, known, std::move(command), envelope));
    if (!events) return events.error();
    return Handled{std::move(known), std::move(*events)};
  }
  std::vector<RecordedEvent> stored() { return run(store.store.read(stream, 0)).value(); }
  void has(std::string type, Bytes data) {
    const auto version = static_cast<Version>(stored().size());
    ASSERT_TRUE(
        run(store.store.append(Append(stream, version, {event_of(std::move(type), std::move(data))}))));
  }
  static Audit audit() {
    Audit audit;
    audit.principal = "user:alice";
    audit.correlation = CorrelationId("c1");
    return audit;
  }

  TroubledStore store;
  StreamId stream{Tenant("t"), "d", 1, "sum"};
  Envelope envelope{Time(std::chrono::milliseconds(17)), audit()};
};

TEST_F(HandleCommand, StoresWhatWasDecidedInItsEnvelope) {
  envelope.spoken = {3, 9};
  const auto handled = add(15).value();
  EXPECT_EQ(handled.known.state.sum, 15);
  EXPECT_EQ(handled.known.version, 2u);
  ASSERT_EQ(handled.events->size(), 2u);
  const auto events = stored();
  ASSERT_EQ(events.size(), 2u);
  for (std::size_t index = 0; index < 2; ++index) {
    EXPECT_EQ(events[index].event.id, (*handled.events)[index].event.id);
    EXPECT_EQ(events[index].event.type, "Added");
    EXPECT_EQ(events[index].event.time, envelope.now);
    EXPECT_EQ(events[index].event.audit, audit());
    EXPECT_EQ(events[index].event.spoken, envelope.spoken);
  }
  EXPECT_NE(events[0].event.id, events[1].event.id);
}

TEST_F(HandleCommand, DecidesOnWhatTheStreamHolds) {
  has("Added", {60});
  EXPECT_EQ(add(41).error(), boost::system::errc::result_out_of_range);
  EXPECT_EQ(add(5).value().known.state.sum, 65);
  EXPECT_EQ(store.appends.size(), 1u);
}

TEST_F(HandleCommand, ReadsOnFromTheKnownState) {
  has("Added", {10});
  has("Added", {20});
  const auto handled = add(1, Known<Sum>({70}, 1)).value();
  EXPECT_EQ(handled.known.state.sum, 91)
      << "the first event is taken from the known state, not from the stream";
  EXPECT_EQ(handled.known.version, 3u);
}

TEST_F(HandleCommand, FoldsAStreamOfSeveralPages) {
  std::vector<NewEvent> events;
  for (int count = 0; count < 2500; ++count)
    events.push_back(event_of("Added", {static_cast<std::uint8_t>(count % 50 == 0)}));
  ASSERT_TRUE(run(store.store.append(Append(stream, 0, events))));
  const auto handled = add(1).value();
  EXPECT_EQ(handled.known.state.sum, 51);
  EXPECT_EQ(handled.known.version, 2501u);
}

TEST_F(HandleCommand, StoresNothingIfThereIsNothingToDo) {
  has("Added", {10});
  const auto handled = add(0).value();
  ASSERT_NE(handled.events, nullptr);
  EXPECT_TRUE(handled.events->empty());
  EXPECT_EQ(handled.known.state.sum, 10);
  EXPECT_EQ(handled.known.version, 1u);
  EXPECT_TRUE(store.appends.empty());
}

TEST_F(HandleCommand, SkipsEventsOfANewerRelease) {
  has("Added", {10});
  has("Multiplied", {2});
  const auto handled = add(1).value();
  EXPECT_EQ(handled.known.state.sum, 11);
  EXPECT_EQ(handled.known.version, 3u);
}

TEST_F(HandleCommand, FailsOnAnEventThatCannotBeDecoded) {
  has("Added", {});
  EXPECT_EQ(add(1).error(), StoreError::malformed_event);
  EXPECT_TRUE(store.appends.empty());
}

TEST_F(HandleCommand, DecidesAnewIfAnotherWriterWasQuicker) {
  store.troubles = {Trouble::conflict, Trouble::conflict};
  const auto handled = add(98).value();
  EXPECT_EQ(handled.known.state.sum, 100);
  EXPECT_EQ(handled.known.version, 4u);
  ASSERT_EQ(store.appends.size(), 3u);
  EXPECT_NE(store.appends[0].events[0].id, store.appends[1].events[0].id) << "another decision, other events";
}

TEST_F(HandleCommand, RefusesACommandThatAnotherWriterMadeImpossible) {
  store.troubles = {Trouble::conflict};
  EXPECT_EQ(add(100).error(), boost::system::errc::result_out_of_range);
  EXPECT_EQ(stored().size(), 1u);
}

TEST_F(HandleCommand, GivesUpAfterEightLostRaces) {
  store.troubles.assign(20, Trouble::conflict);
  EXPECT_EQ(add(1).error(), StoreError::conflicts_exhausted);
  EXPECT_EQ(store.appends.size(), 8u);
  EXPECT_EQ(stored().size(), 8u) << "those of the other writer";
}

TEST_F(HandleCommand, StoresOnceIfTheAnswerIsLost) {
  store.troubles = {Trouble::lost_answer};
  const auto handled = add(15).value();
  EXPECT_EQ(handled.known.version, 2u);
  EXPECT_EQ(stored().size(), 2u);
  ASSERT_EQ(store.appends.size(), 2u);
  EXPECT_EQ(store.appends[0].events[0].id, store.appends[1].events[0].id) << "the same events";
}

TEST_F(HandleCommand, StoresIfTheAppendWasLost) {
  store.troubles = {Trouble::lost_append};
  EXPECT_EQ(add(15).value().known.version, 2u);
  EXPECT_EQ(stored().size(), 2u);
}

TEST_F(HandleCommand, DecidesAnewIfTheAppendWasLostAndAnotherWriterCameBetween) {
  store.troubles = {Trouble::lost_append, Trouble::conflict};
  EXPECT_EQ(add(5).value().known.state.sum, 6);
  EXPECT_EQ(store.appends.size(), 3u);
}

TEST_F(HandleCommand, SaysThatTheOutcomeIsUnknownIfTheRetryFailsToo) {
  store.troubles = {Trouble::lost_answer, Trouble::unavailable};
  EXPECT_EQ(add(5).error(), StoreError::outcome_unknown);
  EXPECT_EQ(store.appends.size(), 2u);
}

TEST_F(HandleCommand, DecidesNothingBeforeTheOutcomeIsKnown) {
  has("Added", {10});
  Known<Sum> known({10}, 1);
  const auto add_now = [&](int amount) {
    Sum::Command command{amount};
    return run(handle_command<Sum>(store, stream, known, std::move(command), envelope));
  };
  store.troubles = {Trouble::lost_answer, Trouble::unavailable, Trouble::lost_answer, Trouble::unavailable};
  EXPECT_EQ(add_now(90).error(), StoreError::outcome_unknown);
  EXPECT_EQ(add_now(0).error(), StoreError::unavailable) << "nothing to do, on a state that may be old";
  EXPECT_EQ(add_now(1).error(), boost::system::errc::result_out_of_range) << "on what was stored after all";
  EXPECT_EQ(known.state.sum, 100);
  EXPECT_EQ(known.version, stored().size());
}

TEST_F(HandleCommand, DecidesNothingOnAStateThatCouldNotBeReadAnew) {
  has("Added", {10});
  Known<Sum> known({10}, 1);
  const auto add_now = [&](int amount) {
    Sum::Command command{amount};
    return run(handle_command<Sum>(store, stream, known, std::move(command), envelope));
  };
  // What was unknown is settled, but what was stored cannot be read.
  store.troubles = {Trouble::lost_answer, Trouble::unavailable};
  store.reads_fail_after = 0;
  EXPECT_EQ(add_now(90).error(), StoreError::outcome_unknown);
  EXPECT_EQ(add_now(0).error(), StoreError::unavailable);
  EXPECT_EQ(add_now(1).error(), boost::system::errc::result_out_of_range);

  // Another writer was quicker, and what it wrote cannot be read.
  known = Known<Sum>({10}, 1);
  store.reads_fail_after = store.reads;
  EXPECT_EQ(add_now(5).error(), StoreError::unavailable);
  EXPECT_EQ(add_now(1).error(), boost::system::errc::result_out_of_range);
  EXPECT_EQ(known.state.sum, 100);
}

TEST_F(HandleCommand, StoresWhatWasLostBeforeItDecidesTheNext) {
  Known<Sum> known;
  const auto add_now = [&](int amount) {
    Sum::Command command{amount};
    return run(handle_command<Sum>(store, stream, known, std::move(command), envelope));
  };
  store.troubles = {Trouble::lost_append, Trouble::unavailable};
  EXPECT_EQ(add_now(5).error(), StoreError::outcome_unknown);
  ASSERT_TRUE(add_now(2));
  EXPECT_EQ(known.state.sum, 7);
  ASSERT_EQ(stored().size(), 2u) << "once, and in the order of the commands";
}

TEST_F(HandleCommand, GivesUpWhatWasLostIfAnotherWriterCameBetween) {
  Known<Sum> known;
  store.troubles = {Trouble::lost_append, Trouble::unavailable};
  Sum::Command command{5};
  EXPECT_EQ(run(handle_command<Sum>(store, stream, known, std::move(command), envelope)).error(),
            StoreError::outcome_unknown);
  has("Added", {1});
  ASSERT_TRUE(run(settle<Sum>(store, stream, known)));
  EXPECT_EQ(known.state.sum, 1);
  EXPECT_EQ(known.version, 1u);
  EXPECT_EQ(known.unsettled, nullptr);
}

TEST_F(HandleCommand, PassesAFailureOfTheStoreOn) {
  store.troubles = {Trouble::unavailable};
  EXPECT_EQ(add(5).error(), StoreError::unavailable);
  EXPECT_EQ(store.appends.size(), 1u);
}

TEST_F(HandleCommand, SpeaksForTheSessionOfItsFence) {
  envelope.fence = Fence{"t/d/1", 5};
  ASSERT_TRUE(add(1));
  envelope.fence = Fence{"t/d/1", 4};
  EXPECT_EQ(add(1).error(), StoreError::fenced);
  EXPECT_EQ(stored().size(), 1u);
}

TEST_F(HandleCommand, RaisesAFenceToTheVersionOfItsFirstEvent) {
  has("Added", {1});
  has("Added", {1});
  envelope.fence = FenceAtFirstEvent{"t/d/1"};
  ASSERT_TRUE(add(15));
  ASSERT_TRUE(store.appends[0].fence);
  EXPECT_EQ(store.appends[0].fence->key, "t/d/1");
  EXPECT_EQ(store.appends[0].fence->epoch, 3u);
}

TEST_F(HandleCommand, RaisesTheFenceFurtherIfAnotherWriterWasQuicker) {
  store.troubles = {Trouble::conflict};
  envelope.fence = FenceAtFirstEvent{"t/d/1"};
  ASSERT_TRUE(add(1));
  EXPECT_EQ(store.appends[1].fence->epoch, 2u);
  envelope.fence = Fence{"t/d/1", 1};
  EXPECT_EQ(add(1).error(), StoreError::fenced);
}

}  // namespace
}  // namespace ocf::es
