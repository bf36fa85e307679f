// What every event store promises, as tests. A plug's test file includes this header once and instantiates
// the suite:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, EventStoreContract, ::testing::Values(Plug{Durability::none, open}));
#pragma once

#include "tests/contract/event_store_samples.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ocf::es::contract {

enum class Durability { none, reopens };

// How to open a store in a directory of its own, anew or again.
struct Plug {
  Durability durability;
  std::function<std::unique_ptr<EventStore>(const std::filesystem::path&, Partition)> open;
};

class EventStoreContract : public ::testing::TestWithParam<Plug> {
 protected:
  static constexpr Partition partitions = 4;

  EventStoreContract() { open(); }

  EventStore& store() { return *store_; }
  bool reopens() const { return GetParam().durability == Durability::reopens; }
  void reopen() {
    store_.reset();
    open();
  }

  template <class T>
  T run(awaitable<T> work) {
    return contract::run(context_, std::move(work));
  }
  Result<EventBatch> append(const StreamId& stream, Version expected, std::vector<NewEvent> events,
                            std::optional<Fence> fence = {}) {
    return run(store().append(Append(stream, expected, std::move(events), std::move(fence))));
  }
  Result<std::vector<RecordedEvent>> read(const StreamId& stream, Version after = 0) {
    return run(store().read(stream, after));
  }
  std::vector<RecordedEvent> read_all(const StreamId& stream) {
    std::vector<RecordedEvent> all;
    for (;;) {
      const auto page = read(stream, all.empty() ? 0 : all.back().version).value();
      if (page.empty()) return all;
      all.insert(all.end(), page.begin(), page.end());
    }
  }
  Result<void> trim(const StreamId& stream, Version first, NewEvent baseline) {
    return run(store().trim(Trim(stream, first, std::move(baseline))));
  }
  LogSlice read_partition(Partition partition, Offset from, std::size_t limit) {
    return run(store().read_partition(partition, from, limit)).value();
  }
  // The whole log of a partition, page by page.
  std::vector<RecordedEvent> log_of(Partition partition, std::size_t page_size = 100) {
    std::vector<RecordedEvent> log;
    for (Offset from = 1;;) {
      const LogSlice slice = read_partition(partition, from, page_size);
      if (slice.events->empty()) return log;
      log.insert(log.end(), slice.events->begin(), slice.events->end());
      from = slice.next;
    }
  }

  boost::asio::io_context context_;

 private:
  void open() { store_ = GetParam().open(directory_.path(), partitions); }

  TemporaryDirectory directory_;
  std::unique_ptr<EventStore> store_;
};

TEST_P(EventStoreContract, HasThePartitionsItWasCreatedWith) { EXPECT_EQ(store().partitions(), partitions); }

TEST_P(EventStoreContract, ReadsNothingFromAStreamThatDoesNotExist) {
  EXPECT_TRUE(read(stream_of("a")).value().empty());
  EXPECT_TRUE(read(stream_of("a"), 17).value().empty());
}

TEST_P(EventStoreContract, ReadsNothingFromAnEmptyPartition) {
  const LogSlice first = read_partition(0, 1, 10);
  EXPECT_TRUE(first.events->empty());
  EXPECT_EQ(first.next, 1u);
  const LogSlice far = read_partition(0, 1000, 10);
  EXPECT_TRUE(far.events->empty());
  EXPECT_EQ(far.next, 1000u);
}

TEST_P(EventStoreContract, ReturnsAnAppendRecordedAndReadsTheSame) {
  const auto stream = stream_of("a");
  const auto events = events_of(3);
  const auto batch = append(stream, 0, events).value();
  ASSERT_EQ(batch->size(), 3u);
  for (std::size_t index = 0; index < 3; ++index) {
    const RecordedEvent& recorded = (*batch)[index];
    EXPECT_EQ(recorded.stream, stream);
    EXPECT_EQ(recorded.version, index + 1);
    EXPECT_EQ(recorded.position, (Position{partition_of(stream, partitions), index + 1}));
    EXPECT_EQ(recorded.event.id, events[index].id);
    EXPECT_EQ(recorded.event.type, events[index].type);
    EXPECT_EQ(recorded.event.data, events[index].data);
    EXPECT_EQ(recorded.event.time, events[index].time);
    EXPECT_EQ(recorded.event.audit, events[index].audit);
    EXPECT_EQ(recorded.event.spoken, events[index].spoken);
  }
  EXPECT_TRUE(same(read(stream).value(), *batch));
  EXPECT_TRUE(same(log_of(partition_of(stream, partitions)), *batch));
}

TEST_P(EventStoreContract, CountsVersionsPerStreamFromOneWithoutGaps) {
  const auto one = stream_of("a", "device");
  const auto other = stream_of("a", "links");
  ASSERT_TRUE(append(one, 0, events_of(2)));
  ASSERT_TRUE(append(other, 0, events_of(1)));
  ASSERT_TRUE(append(one, 2, events_of(3)));
  const auto events = read(one).value();
  ASSERT_EQ(events.size(), 5u);
  for (std::size_t index = 0; index < 5; ++index) EXPECT_EQ(events[index].version, index + 1);
  EXPECT_EQ(read(other).value().size(), 1u);
}

TEST_P(EventStoreContract, KeepsStreamsApartWhoseNamesBeginAlike) {
  ASSERT_TRUE(append(stream_of("a", "resource/light"), 0, events_of(2)));
  ASSERT_TRUE(append(stream_of("a", "resource/light/1"), 0, events_of(3)));
  ASSERT_TRUE(append(stream_of("a", std::string("resource/light\0\0\0\0\0\0\0\0\1", 23)), 0, events_of(4)));
  EXPECT_EQ(read(stream_of("a", "resource/light")).value().size(), 2u);
  EXPECT_EQ(read(stream_of("a", "resource/light/1")).value().size(), 3u);
  EXPECT_EQ(append(stream_of("a", "resource/light"), 3, events_of(1)).error(), StoreError::version_conflict);
  EXPECT_TRUE(append(stream_of("a", "resource/light"), 2, events_of(1)));
}

TEST_P(EventStoreContract, RefusesAVersionThatIsNotTheNext) {
  const auto stream = stream_of("a");
  EXPECT_EQ(append(stream, 1, events_of(1)).error(), StoreError::version_conflict);
  ASSERT_TRUE(append(stream, 0, events_of(2)));
  EXPECT_EQ(append(stream, 0, events_of(1)).error(), StoreError::version_conflict);
  EXPECT_EQ(append(stream, 1, events_of(1)).error(), StoreError::version_conflict);
  EXPECT_EQ(append(stream, 1, events_of(5)).error(), StoreError::version_conflict);
  EXPECT_EQ(append(stream, 3, events_of(1)).error(), StoreError::version_conflict);
  EXPECT_EQ(read(stream).value().size(), 2u);
  EXPECT_EQ(log_of(partition_of(stream, partitions)).size(), 2u);
}

TEST_P(EventStoreContract, RefusesWhatItCouldNotReadAgain) {
  const std::string not_utf8 = "\xc3\x28";
  const auto refused = [this](const StreamId& stream, const NewEvent& event) {
    return append(stream, 0, {event_of("good"), event}).error() == StoreError::malformed_event;
  };
  EXPECT_TRUE(refused(stream_of("a", not_utf8), event_of("E")));
  EXPECT_TRUE(refused(stream_of("a", std::string(stream_id_bytes_max, 'x')), event_of("E")));
  EXPECT_TRUE(refused(stream_of("a"), event_of(not_utf8)));
  auto event = event_of("E");
  for (std::string* text :
       {&event.audit.principal, &event.audit.owner, &event.audit.causation, &event.audit.traceparent}) {
    const std::string kept = std::exchange(*text, not_utf8);
    EXPECT_TRUE(refused(stream_of("a"), event));
    *text = kept;
  }
  event.audit.correlation = CorrelationId(not_utf8);
  EXPECT_TRUE(refused(stream_of("a"), event));
  event = event_of("E");
  event.id = EventId(not_utf8);
  EXPECT_TRUE(refused(stream_of("a"), event));
  EXPECT_TRUE(read(stream_of("a")).value().empty());
}

TEST_P(EventStoreContract, LetsExactlyOneOfManyConcurrentAppendsHaveAVersion) {
  const auto stream = stream_of("a");
  for (Version version = 0; version < 10; ++version) {
    std::vector<Result<EventBatch>> results;
    for (int writer = 0; writer < 20; ++writer) {
      boost::asio::co_spawn(context_, append_once(store(), Append(stream, version, events_of(1)), results),
                            [](std::exception_ptr failed) { ASSERT_FALSE(failed); });
    }
    context_.restart();
    context_.run();
    ASSERT_EQ(results.size(), 20u);
    std::size_t winners = 0;
    for (const auto& result : results) {
      if (result)
        ++winners;
      else
        EXPECT_EQ(result.error(), StoreError::version_conflict);
    }
    EXPECT_EQ(winners, 1u);
  }
  EXPECT_EQ(read(stream).value().size(), 10u);
  EXPECT_EQ(log_of(partition_of(stream, partitions)).size(), 10u);
}

TEST_P(EventStoreContract, CompletesAppendsToOnePartitionInTheOrderTheyWereIssued) {
  std::vector<Result<EventBatch>> results;
  for (int index = 0; index < 50; ++index) {
    const auto stream = stream_of("a", "resource/" + std::to_string(index));
    boost::asio::co_spawn(context_, append_once(store(), Append(stream, 0, events_of(2)), results),
                          [](std::exception_ptr failed) { ASSERT_FALSE(failed); });
  }
  context_.restart();
  context_.run();
  ASSERT_EQ(results.size(), 50u);
  Offset next = 1;
  for (std::size_t index = 0; index < results.size(); ++index) {
    const EventBatch& batch = results[index].value();
    EXPECT_EQ(batch->front().stream.name(), "resource/" + std::to_string(index));
    EXPECT_EQ(batch->front().position.offset, next);
    next = batch->back().position.offset + 1;
  }
}

TEST_P(EventStoreContract, AnswersARetryWithTheSameEventIdsAsStored) {
  const auto stream = stream_of("a");
  const auto first = events_of(2);
  const auto second = events_of(1);
  const auto stored = append(stream, 0, first).value();
  EXPECT_TRUE(same(*append(stream, 0, first).value(), *stored));
  ASSERT_TRUE(append(stream, 2, second));
  EXPECT_TRUE(same(*append(stream, 0, first).value(), *stored));
  EXPECT_EQ(log_of(partition_of(stream, partitions)).size(), 3u);
}

TEST_P(EventStoreContract, AnswersARetryThatOvertakesTheFirstAttemptAsStored) {
  const Append once(stream_of("a"), 0, events_of(2));
  std::vector<Result<EventBatch>> results;
  for (int attempt = 0; attempt < 3; ++attempt) {
    boost::asio::co_spawn(context_, append_once(store(), once, results),
                          [](std::exception_ptr failed) { ASSERT_FALSE(failed); });
  }
  context_.restart();
  context_.run();
  ASSERT_EQ(results.size(), 3u);
  for (const auto& result : results) EXPECT_TRUE(same(*result.value(), *results[0].value()));
  EXPECT_EQ(read(once.stream).value().size(), 2u);
}

TEST_P(EventStoreContract, TakesOnlyACompleteRepetitionForARetry) {
  const auto stream = stream_of("a");
  const auto events = events_of(2);
  ASSERT_TRUE(append(stream, 0, events));
  auto longer = events;
  longer.push_back(event_of("more"));
  EXPECT_EQ(append(stream, 0, longer).error(), StoreError::version_conflict);
  auto other = events;
  other[1].id = EventId(random_uuid());
  EXPECT_EQ(append(stream, 0, other).error(), StoreError::version_conflict);
  EXPECT_EQ(append(stream, 1, events).error(), StoreError::version_conflict);
  EXPECT_EQ(append(stream_of("b"), 1, events).error(), StoreError::version_conflict);
}

TEST_P(EventStoreContract, RefusesAnEpochBelowTheHighestOfItsKey) {
  const auto stream = stream_of("a");
  ASSERT_TRUE(append(stream, 0, events_of(1), Fence{"default/a/1", 5}));
  EXPECT_EQ(append(stream, 1, events_of(1), Fence{"default/a/1", 4}).error(), StoreError::fenced);
  EXPECT_TRUE(append(stream, 1, events_of(1), Fence{"default/a/1", 5}))
      << "an equal epoch is the same session";
  EXPECT_TRUE(append(stream, 2, events_of(1), Fence{"default/a/1", 9}));
  EXPECT_EQ(append(stream, 3, events_of(1), Fence{"default/a/1", 5}).error(), StoreError::fenced);
  EXPECT_TRUE(append(stream, 3, events_of(1))) << "who is not a session has no fence";
  EXPECT_EQ(read(stream).value().size(), 4u);
}

TEST_P(EventStoreContract, KeepsAnEpochPerKeyWhateverTheStream) {
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(1), Fence{"default/a/1", 5}));
  EXPECT_TRUE(append(stream_of("a"), 1, events_of(1), Fence{"default/a/2", 1}));
  EXPECT_TRUE(append(stream_of("b"), 0, events_of(1), Fence{"default/b/1", 1}));
  EXPECT_EQ(append(stream_of("a", "links"), 0, events_of(1), Fence{"default/a/1", 4}).error(),
            StoreError::fenced);
}

TEST_P(EventStoreContract, TellsAFencedWriterSoEvenIfItsVersionIsOld) {
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(1), Fence{"default/a/1", 5}));
  EXPECT_EQ(append(stream_of("a"), 0, events_of(1), Fence{"default/a/1", 4}).error(), StoreError::fenced);
}

TEST_P(EventStoreContract, AnswersARetryAsStoredEvenIfItWasFencedSince) {
  const auto events = events_of(1);
  ASSERT_TRUE(append(stream_of("a"), 0, events, Fence{"default/a/1", 4}));
  ASSERT_TRUE(append(stream_of("a"), 1, events_of(1), Fence{"default/a/1", 5}));
  EXPECT_TRUE(append(stream_of("a"), 0, events, Fence{"default/a/1", 4}));
}

TEST_P(EventStoreContract, DoesNotRaiseAFenceByAnAppendThatIsRefused) {
  EXPECT_EQ(append(stream_of("a"), 3, events_of(1), Fence{"default/a/1", 9}).error(),
            StoreError::version_conflict);
  EXPECT_TRUE(append(stream_of("a"), 0, events_of(1), Fence{"default/a/1", 1}));
}

TEST_P(EventStoreContract, NumbersEachPartitionFromOneInOrderOfCommit) {
  std::vector<std::vector<RecordedEvent>> expected(partitions);
  for (int round = 0; round < 5; ++round) {
    for (int device = 0; device < 20; ++device) {
      const auto stream = stream_of("device-" + std::to_string(device));
      const auto batch = append(stream, static_cast<Version>(round) * 2, events_of(2)).value();
      auto& log = expected[partition_of(stream, partitions)];
      log.insert(log.end(), batch->begin(), batch->end());
    }
  }
  for (Partition partition = 0; partition < partitions; ++partition) {
    ASSERT_FALSE(expected[partition].empty()) << "the devices were meant to fill every partition";
    const auto log = log_of(partition, 7);
    EXPECT_TRUE(same(log, expected[partition]));
    for (std::size_t index = 0; index < log.size(); ++index) {
      EXPECT_EQ(log[index].position, (Position{partition, index + 1}));
    }
  }
}

TEST_P(EventStoreContract, ReadsAPartitionFromAnyOffsetUpToALimit) {
  const auto stream = stream_of("a");
  const auto partition = partition_of(stream, partitions);
  ASSERT_TRUE(append(stream, 0, events_of(10)));
  const LogSlice middle = read_partition(partition, 4, 3);
  ASSERT_EQ(middle.events->size(), 3u);
  EXPECT_EQ(middle.events->front().position.offset, 4u);
  EXPECT_EQ(middle.next, 7u);
  const LogSlice rest = read_partition(partition, middle.next, 100);
  EXPECT_EQ(rest.events->size(), 4u);
  EXPECT_EQ(rest.next, 11u);
  EXPECT_TRUE(read_partition(partition, rest.next, 100).events->empty());
}

TEST_P(EventStoreContract, ReadsALongStreamInPagesOfAThousand) {
  const auto stream = stream_of("a");
  ASSERT_TRUE(append(stream, 0, events_of(1500)));
  ASSERT_TRUE(append(stream, 1500, events_of(1001)));
  const auto first = read(stream).value();
  ASSERT_EQ(first.size(), 1000u);
  EXPECT_EQ(first.front().version, 1u);
  const auto second = read(stream, 1000).value();
  ASSERT_EQ(second.size(), 1000u);
  EXPECT_EQ(second.front().version, 1001u);
  EXPECT_EQ(read(stream, 2000).value().size(), 501u);
  EXPECT_TRUE(read(stream, 2501).value().empty());
  EXPECT_EQ(read(stream, 2490).value().size(), 11u);
}

TEST_P(EventStoreContract, KeepsBigEventsWhole) {
  const auto stream = stream_of("a");
  for (Version version = 0; version < 5; ++version) {
    std::vector<NewEvent> events;
    for (int index = 0; index < 8; ++index) events.push_back(event_of("Big", random_bytes(256 * 1024)));
    ASSERT_TRUE(append(stream, version * 8, events));
  }
  const auto all = read_all(stream);
  ASSERT_EQ(all.size(), 40u);
  EXPECT_TRUE(same(log_of(partition_of(stream, partitions), 1000), all));
  EXPECT_EQ(all[39].event.data.size(), 256u * 1024u);
}

TEST_P(EventStoreContract, GivesTheSameLogAfterReopening) {
  if (!reopens()) GTEST_SKIP() << "keeps nothing";
  std::vector<RecordedEvent> stored;
  const auto stream = stream_of("a");
  for (Version version = 0; version < 30; ++version) {
    const auto batch = append(stream, version, events_of(1)).value();
    stored.insert(stored.end(), batch->begin(), batch->end());
  }
  for (int again = 0; again < 3; ++again) {
    reopen();
    EXPECT_TRUE(same(read(stream).value(), stored));
    EXPECT_TRUE(same(log_of(partition_of(stream, partitions)), stored));
    EXPECT_EQ(append(stream, stored.size() - 1, events_of(1)).error(), StoreError::version_conflict);
    const auto batch = append(stream, stored.size(), events_of(1)).value();
    EXPECT_EQ(batch->front().position.offset, stored.size() + 1);
    stored.insert(stored.end(), batch->begin(), batch->end());
  }
}

TEST_P(EventStoreContract, KeepsFencesAfterReopening) {
  if (!reopens()) GTEST_SKIP() << "keeps nothing";
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(1), Fence{"default/a/1", 5}));
  reopen();
  EXPECT_EQ(append(stream_of("a"), 1, events_of(1), Fence{"default/a/1", 4}).error(), StoreError::fenced);
  EXPECT_TRUE(append(stream_of("a"), 1, events_of(1), Fence{"default/a/1", 5}));
}

TEST_P(EventStoreContract, AnswersARetryAfterReopeningAsStored) {
  if (!reopens()) GTEST_SKIP() << "keeps nothing";
  const auto events = events_of(3);
  const auto stored = append(stream_of("a"), 0, events).value();
  reopen();
  EXPECT_TRUE(same(*append(stream_of("a"), 0, events).value(), *stored));
  EXPECT_EQ(read(stream_of("a")).value().size(), 3u);
}

inline std::vector<Version> versions_of(const std::vector<RecordedEvent>& events) {
  std::vector<Version> versions;
  for (const RecordedEvent& event : events) versions.push_back(event.version);
  return versions;
}

TEST_P(EventStoreContract, PutsABaselineInThePlaceOfAnEventAndRemovesThoseBeforeIt) {
  const auto stream = stream_of("a");
  const auto stored = append(stream, 0, events_of(5)).value();
  NewEvent baseline = event_of("BaselineTaken", {0xa1, 1, 1});
  baseline.time = Time(std::chrono::milliseconds(1));
  ASSERT_TRUE(trim(stream, 3, baseline));
  const auto left = read(stream).value();
  ASSERT_EQ(versions_of(left), (std::vector<Version>{3, 4, 5}));
  EXPECT_EQ(left[0].position, (*stored)[2].position);
  EXPECT_EQ(left[0].event.id, baseline.id);
  EXPECT_EQ(left[0].event.type, "BaselineTaken");
  EXPECT_EQ(left[0].event.data, baseline.data);
  EXPECT_EQ(left[0].event.time, (*stored)[2].event.time) << "the baseline is as old as what it replaces";
  EXPECT_TRUE(same(left[1], (*stored)[3]));
  EXPECT_EQ(versions_of(read(stream, 1).value()), (std::vector<Version>{3, 4, 5}));
  EXPECT_EQ(versions_of(read(stream, 3).value()), (std::vector<Version>{4, 5}));
  EXPECT_EQ(append(stream, 4, events_of(1)).error(), StoreError::version_conflict);
  EXPECT_EQ(append(stream, 5, events_of(1)).value()->front().version, 6u);
}

TEST_P(EventStoreContract, PassesOverWhatWasTrimmedInAPartition) {
  const auto a = stream_of("a");
  const auto b = stream_of("a", "links");
  ASSERT_TRUE(append(b, 0, events_of(1)));
  ASSERT_TRUE(append(a, 0, events_of(3)));
  ASSERT_TRUE(append(b, 1, events_of(1)));
  ASSERT_TRUE(trim(a, 3, event_of("BaselineTaken")));
  const auto partition = partition_of(a, partitions);
  const LogSlice first = read_partition(partition, 1, 1);
  ASSERT_EQ(first.events->size(), 1u);
  EXPECT_EQ(first.events->front().position.offset, 1u);
  const LogSlice behind = read_partition(partition, first.next, 1);
  ASSERT_EQ(behind.events->size(), 1u);
  EXPECT_EQ(behind.events->front().position.offset, 4u);
  EXPECT_EQ(behind.next, 5u);
  EXPECT_EQ(log_of(partition).size(), 3u);
  EXPECT_EQ(append(b, 2, events_of(1)).value()->front().position.offset, 6u) << "no offset is given twice";
}

TEST_P(EventStoreContract, TrimsAgainWithTheSameOutcome) {
  const auto stream = stream_of("a");
  ASSERT_TRUE(append(stream, 0, events_of(6)));
  const NewEvent baseline = event_of("BaselineTaken");
  ASSERT_TRUE(trim(stream, 3, baseline));
  const auto once = read(stream).value();
  ASSERT_TRUE(trim(stream, 3, baseline));
  EXPECT_TRUE(same(read(stream).value(), once));
  ASSERT_TRUE(trim(stream, 2, event_of("BaselineTaken"))) << "it begins behind that already";
  EXPECT_TRUE(same(read(stream).value(), once));
  ASSERT_TRUE(trim(stream, 6, event_of("BaselineTaken")));
  EXPECT_EQ(versions_of(read(stream).value()), std::vector<Version>{6});
}

TEST_P(EventStoreContract, NeverTrimsAStreamAway) {
  const auto stream = stream_of("a");
  EXPECT_EQ(trim(stream, 1, event_of("BaselineTaken")).error(), StoreError::version_conflict);
  ASSERT_TRUE(append(stream, 0, events_of(2)));
  EXPECT_EQ(trim(stream, 0, event_of("BaselineTaken")).error(), StoreError::version_conflict);
  EXPECT_EQ(trim(stream, 3, event_of("BaselineTaken")).error(), StoreError::version_conflict);
  EXPECT_EQ(read(stream).value().size(), 2u);
}

TEST_P(EventStoreContract, TakesOnlyABaselineThatCanBeReadAgain) {
  const auto stream = stream_of("a");
  ASSERT_TRUE(append(stream, 0, events_of(2)));
  EXPECT_EQ(trim(stream, 2, event_of("NoBaseline")).error(), StoreError::malformed_event);
  NewEvent baseline = event_of("BaselineTaken");
  baseline.audit.owner = "\xc3\x28";
  EXPECT_EQ(trim(stream, 2, baseline).error(), StoreError::malformed_event);
  EXPECT_EQ(read(stream).value().size(), 2u);
}

TEST_P(EventStoreContract, TakesARetryOfWhatWasTrimmedForAConflict) {
  const auto stream = stream_of("a");
  const auto events = events_of(2);
  ASSERT_TRUE(append(stream, 0, events));
  ASSERT_TRUE(append(stream, 2, events_of(1)));
  ASSERT_TRUE(trim(stream, 3, event_of("BaselineTaken")));
  EXPECT_EQ(append(stream, 0, events).error(), StoreError::version_conflict);
}

TEST_P(EventStoreContract, KeepsFencesAndOtherStreamsWhenItTrims) {
  ASSERT_TRUE(append(stream_of("a"), 0, events_of(3), Fence{"default/a/1", 5}));
  ASSERT_TRUE(append(stream_of("a", "resource/x"), 0, events_of(3)));
  ASSERT_TRUE(append(stream_of("b"), 0, events_of(3)));
  ASSERT_TRUE(trim(stream_of("a"), 3, event_of("BaselineTaken")));
  EXPECT_EQ(append(stream_of("a"), 3, events_of(1), Fence{"default/a/1", 4}).error(), StoreError::fenced);
  EXPECT_EQ(read(stream_of("a", "resource/x")).value().size(), 3u);
  EXPECT_EQ(read(stream_of("b")).value().size(), 3u);
}

TEST_P(EventStoreContract, KeepsWhatWasTrimmedTrimmedAfterReopening) {
  if (!reopens()) GTEST_SKIP() << "keeps nothing";
  const auto stream = stream_of("a");
  ASSERT_TRUE(append(stream, 0, events_of(5)));
  ASSERT_TRUE(trim(stream, 4, event_of("BaselineTaken")));
  const auto left = read(stream).value();
  for (int again = 0; again < 2; ++again) {
    reopen();
    EXPECT_TRUE(same(read(stream).value(), left));
    EXPECT_TRUE(same(log_of(partition_of(stream, partitions)), left));
  }
  EXPECT_EQ(append(stream, 5, events_of(1)).value()->front().position.offset, 6u);
}

}  // namespace ocf::es::contract
