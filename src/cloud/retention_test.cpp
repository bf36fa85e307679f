#include "cloud/retention.hpp"

#include "cloud/test_cloud.hpp"
#include "tests/given.hpp"

#include <gtest/gtest.h>

namespace ocf::cloud {
namespace {

using resource::BaselineTaken;
using resource::CommandAnswered;
using resource::CommandDispatched;
using resource::CommandPending;
using resource::NotificationRejected;
using resource::Resource;
using resource::ResourceRepresentationUpdated;
using std::chrono::hours;

const device::DeviceKey key(account::Tenant("default"),
                            DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55911").value(), 1);
const es::StreamId stream = resource::stream_of(key, Href("/light/1"));
const es::CorrelationId one("c1");
constexpr Time begin{hours(1000)};

ResourceRepresentationUpdated said(std::uint8_t value, std::uint64_t sequence) {
  return {{10000, share(Bytes{value})}, {value}, 2, sequence};
}

// A stream whose events come an hour apart; the first is at `begin`.
struct PlanTest : ::testing::Test {
  void happened(const Resource::Event& event) {
    es::Spoken spoken;
    if (const auto* updated = std::get_if<ResourceRepresentationUpdated>(&event))
      spoken = {updated->epoch, updated->sequence};
    auto recorded = testing::recorded<Resource>(event, stream, ++version, spoken);
    recorded.event.time = begin + hours(events.size());
    recorded.event.audit.owner = "alice";
    events.push_back(std::move(recorded));
  }
  std::optional<Cut> cut(Time before) {
    TrimPlan plan(before);
    for (const auto& recorded : events) {
      if (!plan.add(recorded)) break;
    }
    return plan.take();
  }
  std::optional<Cut> cut() { return cut(Time::max()); }

  es::Version version = 0;
  std::vector<es::RecordedEvent> events;
};

TEST_F(PlanTest, CutsAtTheNewestEventThatIsTooOld) {
  for (std::uint8_t value = 1; value <= 5; ++value) happened(said(value, value));
  const auto found = cut(begin + hours(3));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->first, 3u) << "the event at hour 2; the one at hour 3 is young enough";
  EXPECT_EQ(found->events(), 3u);
  EXPECT_GT(found->bytes(), 3 * stream.text().size());
  EXPECT_EQ(found->owner, "alice");
  EXPECT_EQ(found->baseline, (BaselineTaken{said(3, 3), 3, begin + hours(2), false}));
}

TEST_F(PlanTest, KeepsTheNewestStateOfAStreamThatIsAllTooOld) {
  for (std::uint8_t value = 1; value <= 3; ++value) happened(said(value, value));
  EXPECT_EQ(cut()->first, 3u);
}

TEST_F(PlanTest, CutsNothingWhereNothingWouldGo) {
  EXPECT_FALSE(cut());
  happened(said(1, 1));
  EXPECT_FALSE(cut()) << "the only event is the state";
  happened(said(2, 2));
  EXPECT_FALSE(cut(begin + hours(1)));
  EXPECT_TRUE(cut(begin + hours(1) + std::chrono::milliseconds(1)));
}

TEST_F(PlanTest, CutsNothingTwice) {
  version = 6;
  happened(BaselineTaken{said(1, 1), 4, begin, false});
  EXPECT_FALSE(cut());
  happened(said(2, 2));
  const auto found = cut();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->first, 8u);
  EXPECT_EQ(found->events(), 1u) << "a baseline was counted when it was taken";
}

TEST_F(PlanTest, CutsBelowACommandThatWaits) {
  happened(said(1, 1));
  happened(said(2, 2));
  happened(CommandPending{resource::Operation::update, one, "", {}, Time::max()});
  happened(CommandDispatched{one, 2});
  happened(said(3, 3));
  EXPECT_EQ(cut()->first, 2u);
  happened(CommandAnswered{resource::Operation::update, one, resource::Status::changed, {}});
  const auto found = cut();
  EXPECT_EQ(found->first, 6u) << "it has ended";
  EXPECT_EQ(found->baseline, (BaselineTaken{said(3, 3), 5, begin + hours(4), false}));
}

TEST_F(PlanTest, LooksNoFurtherThanACommandThatNeverEnds) {
  happened(CommandPending{resource::Operation::update, one, "", {}, Time::max()});
  for (std::uint8_t value = 1; value <= 3; ++value) happened(said(value, value));
  EXPECT_FALSE(cut());
}

TEST_F(PlanTest, KeepsWhatTheDeviceSaidThroughEventsThatSayNothing) {
  happened(said(1, 5));
  happened(said(2, 4));  // came late
  happened(NotificationRejected{"no", 1});
  EXPECT_EQ(cut()->baseline, (BaselineTaken{said(1, 5), 1, begin, false}));
  events.erase(events.begin(), events.begin() + 2);
  happened(NotificationRejected{"no", 1});
  EXPECT_EQ(cut()->baseline, BaselineTaken{}) << "it had not said any";
}

TEST_F(PlanTest, LeavesWhatANewerReleaseWrote) {
  happened(said(1, 1));
  happened(said(2, 2));
  happened(said(3, 3));
  events[1].event.type = "ResourceRenamed";
  EXPECT_FALSE(cut());
}

TEST_F(PlanTest, GoesOnFromWhereItCut) {
  TrimPlan plan(Time::max());
  for (std::uint8_t value = 1; value <= 4; ++value) happened(said(value, value));
  for (int index = 0; index < 3; ++index) plan.add(events[static_cast<std::size_t>(index)]);
  EXPECT_EQ(plan.take()->first, 3u);
  EXPECT_FALSE(plan.take());
  plan.add(events[3]);
  const auto found = plan.take();
  EXPECT_EQ(found->first, 4u);
  EXPECT_EQ(found->events(), 1u);
}

// A cloud with a retention that the test runs by hand.
struct RetentionTest : TestCloud {
  RetentionTest() { limits.retention_time = hours(24); }

  void sweep_past() { sweep_past(store); }
  void sweep_past(es::EventStore& events) {
    Retention retention({events, cloud->read_models(), limits, [this] { return now; }, cloud->metrics(),
                         [this](const telemetry::LogLine& line) { lines.push_back(line.text); }});
    run_void(retention.sweep());
  }
  std::uint64_t bytes_in_log() {
    std::uint64_t sum = 0;
    for (es::Partition partition = 0; partition < memory.partitions(); ++partition) {
      const auto slice = run(memory.read_partition(partition, 1, 100'000)).value();
      for (const auto& event : *slice.events) sum += bytes_of(event);
    }
    return sum;
  }
  Result<Answer> known() {
    return run(
        cloud->request(user("alice"), Request(device_id(), Href("/light/1"), resource::Operation::retrieve)));
  }

  std::vector<std::string> lines;
  RecordingChannel channel;
};

using Names = std::vector<std::string>;

TEST_F(RetentionTest, TrimsWhatIsTooOldAndKeepsTheState) {
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  for (std::uint8_t value = 1; value <= 5; ++value) ASSERT_TRUE(notify(session, value, value));
  now += hours(25);
  ASSERT_TRUE(notify(session, 6, 6));
  sweep_past();
  EXPECT_EQ(types(), (Names{"BaselineTaken", "ResourceRepresentationUpdated"}));
  EXPECT_EQ(cloud->metrics().trimmed_events.value(), 5u);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].find("trimmed 5 events"), 0u) << lines[0];
  sweep_past();
  EXPECT_EQ(lines.size(), 1u) << "there was nothing to trim";
}

TEST_F(RetentionTest, TrimsNothingIfNoneIsToGo) {
  limits.retention_time = {};
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  for (std::uint8_t value = 1; value <= 5; ++value) ASSERT_TRUE(notify(session, value, value));
  now += hours(100'000);
  sweep_past();
  EXPECT_EQ(types().size(), 5u);
}

TEST_F(RetentionTest, OfAResourceThatWasTrimmedTheNextProcessKnowsTheSame) {
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  for (std::uint8_t value = 1; value <= 5; ++value) ASSERT_TRUE(notify(session, value, value));
  const Time then = now;
  now += hours(25);
  sweep_past();
  EXPECT_EQ(types(), Names{"BaselineTaken"});
  crash();
  EXPECT_EQ(known()->content, content(5));
  EXPECT_EQ(known()->time, then);
  RecordingChannel again;
  const DeviceSession next = sign_in(again);
  ASSERT_TRUE(notify(next, 5, 1));
  EXPECT_EQ(types(), Names{"BaselineTaken"}) << "what is known is no news";
  ASSERT_TRUE(notify(next, 6, 2));
  EXPECT_EQ(types(), (Names{"BaselineTaken", "ResourceRepresentationUpdated"}));
  EXPECT_EQ(known()->content, content(6));
}

TEST_F(RetentionTest, WhatWasUnpublishedDoesNotComeBackByABaseline) {
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  ASSERT_TRUE(notify(session, 1, 1));
  ASSERT_TRUE(notify(session, 2, 2));
  ASSERT_TRUE(run(cloud->unpublish(session, {})));
  Notification bad;  // an event behind the unpublishing
  bad.href = Href("/light/1");
  bad.content = {10000, share(Bytes{0xa1})};
  bad.sequence = 3;
  ASSERT_TRUE(run(cloud->notify(session, std::move(bad))));
  EXPECT_EQ(cloud->read_models().shadow.get(session.key, Href("/light/1")), nullptr);
  now += hours(25);
  sweep_past();
  EXPECT_EQ(cloud->metrics().trimmed_events.value(), 3u);
  crash();
  EXPECT_EQ(cloud->read_models().shadow.get(session.key, Href("/light/1")), nullptr);
  RecordingChannel again;  // nor by the next baseline
  const DeviceSession next = sign_in(again);
  bad.href = Href("/light/1");
  bad.content = {10000, share(Bytes{0xa1})};
  bad.sequence = 1;
  ASSERT_TRUE(run(cloud->notify(next, std::move(bad))));
  now += hours(25);
  sweep_past();
  EXPECT_EQ(cloud->metrics().trimmed_events.value(), 1u);
  crash();
  EXPECT_EQ(cloud->read_models().shadow.get(session.key, Href("/light/1")), nullptr);
}

TEST_F(RetentionTest, ACommandThatWaitsIsKept) {
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  for (std::uint8_t value = 1; value <= 3; ++value) ASSERT_TRUE(notify(session, value, value));
  run_void(cloud->disconnect(session, device::Disconnection::closed));
  Request request(device_id(), Href("/light/1"), resource::Operation::update);
  request.content = content(9);
  request.time_to_live = std::chrono::seconds(86'400);
  std::optional<Result<Answer>> answer;
  begin(cloud->request(user("alice"), std::move(request)), answer);
  settle();
  now += hours(24) - std::chrono::seconds(1);
  limits.retention_time = std::chrono::seconds(1);
  sweep_past();
  EXPECT_EQ(types(), (Names{"BaselineTaken", "ResourceUpdatePending"}));
  crash();
  RecordingChannel again;
  const DeviceSession next = sign_in(again);
  ASSERT_EQ(again.offered.size(), 1u);
  EXPECT_EQ(again.offered[0].content, content(9));
  EXPECT_TRUE(confirm(next, again.offered[0]));
}

TEST_F(RetentionTest, AFeedFromBeforeTheHorizonIsToldOnceToResync) {
  const DeviceSession session = online(channel);
  const std::string place = run(cloud->feed(user("alice"), {}, "")).value()->cursor();
  publish(session, "/light/1");
  for (std::uint8_t value = 1; value <= 3; ++value) ASSERT_TRUE(notify(session, value, value));
  const std::string newest = run(cloud->feed(user("alice"), {}, "")).value()->cursor();
  now += hours(25);
  sweep_past();
  ASSERT_TRUE(notify(session, 4, 4));
  const auto told = [this](const std::string& cursor) {
    const auto feed = run(cloud->feed(user("alice"), {}, cursor)).value();
    Names names;
    for (const FeedEvent& event : run(feed->next(std::chrono::seconds(1))).value()) {
      if (event.resync) names.push_back("resync");
      names.push_back(event.recorded.event.type);
    }
    return names;
  };
  EXPECT_EQ(told(place),
            (Names{"LinksPublished", "resync", "BaselineTaken", "ResourceRepresentationUpdated"}));
  EXPECT_EQ(told(newest), Names{"ResourceRepresentationUpdated"});
}

TEST_F(RetentionTest, LongStreamsAreTrimmedToTheEnd) {
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  for (std::uint64_t sequence = 1; sequence <= 2500; ++sequence)
    ASSERT_TRUE(notify(session, static_cast<std::uint8_t>(sequence % 20), sequence));
  now += hours(25);
  sweep_past();
  EXPECT_EQ(types(), Names{"BaselineTaken"});
  EXPECT_EQ(cloud->metrics().trimmed_events.value(), 2500u);
  EXPECT_EQ(known()->content, content(2500 % 20));
}

TEST_F(RetentionTest, TheOldestGoUntilTheTenantFits) {
  limits.retention_time = {};
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) {
    now += std::chrono::minutes(1);
    ASSERT_TRUE(notify(session, static_cast<std::uint8_t>(sequence % 20), sequence));
  }
  const std::uint64_t all = bytes_in_log();
  limits.retention_bytes_max = all / 2;
  sweep_past();
  EXPECT_LE(bytes_in_log(), all / 2);
  EXPECT_GT(bytes_in_log(), all / 2 - all / 20) << "no more went than had to";
  EXPECT_EQ(types().front(), "BaselineTaken");
  EXPECT_EQ(known()->content, content(100 % 20));
  EXPECT_EQ(cloud->metrics().limit_hits.count("retention_bytes_max"), 1u);
  ASSERT_EQ(lines.size(), 1u);
  sweep_past();
  EXPECT_EQ(lines.size(), 1u);
}

TEST_F(RetentionTest, WhatCannotFitIsTriedOnce) {
  limits.retention_time = {};
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence) {
    now += std::chrono::minutes(1);
    ASSERT_TRUE(notify(session, static_cast<std::uint8_t>(sequence), sequence));
  }
  limits.retention_bytes_max = 1;
  sweep_past();
  EXPECT_EQ(types(), Names{"BaselineTaken"});
  EXPECT_EQ(known()->content, content(10));
}

// A store that cannot read some of what it has.
class DamagedStore final : public es::EventStore {
 public:
  explicit DamagedStore(es::EventStore& store) : store_(store) {}

  es::Partition partitions() const override { return store_.partitions(); }
  es::awaitable<Result<std::vector<es::RecordedEvent>>> read(es::StreamId id, es::Version after) override {
    if (id == damaged_stream) co_return es::StoreError::corrupt;
    co_return co_await store_.read(std::move(id), after);
  }
  es::awaitable<Result<es::EventBatch>> append(es::Append append) override {
    return store_.append(std::move(append));
  }
  es::awaitable<Result<void>> trim(es::Trim trim) override {
    if (trim.stream == untrimmable) co_return es::StoreError::corrupt;
    co_return co_await store_.trim(std::move(trim));
  }
  es::awaitable<Result<es::LogSlice>> read_partition(es::Partition partition, es::Offset from,
                                                     std::size_t limit) override {
    if (is_away) co_return es::StoreError::unavailable;
    if (partition == damaged_partition && from >= damaged_from) co_return es::StoreError::corrupt;
    if (partition == damaged_partition) limit = std::min<std::size_t>(limit, damaged_from - from);
    co_return co_await store_.read_partition(partition, from, limit);
  }

  std::optional<es::StreamId> damaged_stream, untrimmable;
  std::optional<es::Partition> damaged_partition;
  es::Offset damaged_from = 0;
  bool is_away = false;

 private:
  es::EventStore& store_;
};

// Two devices whose streams are in different partitions; what their lights said is too old.
struct DamagedRetentionTest : RetentionTest {
  void two_devices() {
    sessions.push_back(online(channel));
    const auto partition = partition_of(sessions[0]);
    for (char last = '2'; sessions.size() == 1; ++last) {
      const device::DeviceKey other(account::Tenant("default"), device_id(last), 1);
      if (es::partition_of(other.stream("links"), memory.partitions()) == partition) continue;
      sessions.push_back(online(neighbours, "alice", device_id(last)));
    }
    for (const DeviceSession& session : sessions) {
      publish(session, "/light/1");
      for (std::uint8_t value = 1; value <= 3; ++value) ASSERT_TRUE(notify(session, value, value));
      // A reason to read the links.
      ASSERT_TRUE(run(cloud->unpublish(session, {})));
      Notification bad;
      bad.href = Href("/light/1");
      bad.content = {10000, share(Bytes{0xa1})};
      bad.sequence = 4;
      ASSERT_TRUE(run(cloud->notify(session, std::move(bad))));
    }
    now += hours(25);
  }
  es::Partition partition_of(const DeviceSession& session) const {
    return es::partition_of(session.key.stream("links"), memory.partitions());
  }
  std::size_t swept_first() const { return partition_of(sessions[0]) < partition_of(sessions[1]) ? 0 : 1; }
  std::string first_of(const DeviceSession& session) {
    return run(memory.read(resource::stream_of(session.key, Href("/light/1")), 0)).value()[0].event.type;
  }
  void expect_only_the_other_is_trimmed(std::size_t damaged) {
    sweep_past(broken);
    EXPECT_EQ(first_of(sessions[damaged]), "ResourceRepresentationUpdated");
    EXPECT_EQ(first_of(sessions[1 - damaged]), "BaselineTaken");
  }
  bool is_told(const std::string& what) const {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.find(what) != std::string::npos; });
  }

  DamagedStore broken{memory};
  RecordingChannel neighbours;
  std::vector<DeviceSession> sessions;
};

TEST_F(DamagedRetentionTest, OthersDoNotWaitForADamagedStream) {
  two_devices();
  const std::size_t first = swept_first();
  broken.damaged_stream = sessions[first].key.stream("links");
  expect_only_the_other_is_trimmed(first);
  EXPECT_TRUE(is_told(resource::stream_of(sessions[first].key, Href("/light/1")).text()));
}

TEST_F(DamagedRetentionTest, OthersDoNotWaitForAStreamThatCannotBeTrimmed) {
  two_devices();
  const std::size_t first = swept_first();
  broken.untrimmable = resource::stream_of(sessions[first].key, Href("/light/1"));
  expect_only_the_other_is_trimmed(first);
  EXPECT_TRUE(is_told(broken.untrimmable->text()));
}

TEST_F(DamagedRetentionTest, OthersDoNotWaitForADamagedPartition) {
  two_devices();
  const std::size_t first = swept_first();
  broken.damaged_partition = partition_of(sessions[first]);
  expect_only_the_other_is_trimmed(first);
  EXPECT_TRUE(is_told("partition " + std::to_string(*broken.damaged_partition)));
  broken.damaged_partition.reset();
  sweep_past(broken);
  EXPECT_EQ(first_of(sessions[first]), "BaselineTaken");
}

TEST_F(DamagedRetentionTest, WhatIsBeforeADamagedRecordIsTrimmed) {
  two_devices();
  broken.damaged_partition = partition_of(sessions[0]);
  broken.damaged_from = run(memory.read_partition(*broken.damaged_partition, 1, 1000)).value().next;
  sweep_past(broken);
  for (const DeviceSession& session : sessions) EXPECT_EQ(first_of(session), "BaselineTaken");
  EXPECT_TRUE(is_told("partition " + std::to_string(*broken.damaged_partition)));
}

TEST_F(DamagedRetentionTest, ASweepThatFailedIsTold) {
  two_devices();
  broken.is_away = true;
  sweep_past(broken);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(is_told("could not be trimmed"));
}

}  // namespace
}  // namespace ocf::cloud
