#include "cloud/past.hpp"

#include "cloud/error.hpp"
#include "cloud/retention.hpp"
#include "cloud/test_cloud.hpp"

namespace ocf::cloud {
namespace {

using std::chrono::seconds;

awaitable<void> keep(awaitable<Result<Past>> asked, std::optional<Result<Past>>& answer) {
  answer.emplace(co_await std::move(asked));
}

class CloudPast : public TestCloud {
 protected:
  Result<Past> ask(Point point, const std::string& owner, DeviceId id = device_id(),
                   PastPlace place = nullptr) {
    std::optional<Result<Past>> answer;
    run_void(keep(cloud->past(user(owner), id, std::move(point), std::move(place)), answer));
    return std::move(*answer);
  }
  Past past(Point point, const std::string& owner = "alice") {
    auto past = ask(std::move(point), owner);
    EXPECT_TRUE(past) << past.error().message();
    EXPECT_TRUE(run(past->fold_resources()));
    return std::move(*past);
  }
  // The first value of /light/1 then; -1: none.
  static int value(const Past& past) {
    const auto found = past.representations().find(Href("/light/1"));
    return found == past.representations().end() ? -1 : found->second.content.bytes->back();
  }
  Error error_at(Point point, const std::string& owner = "alice") {
    const auto past = ask(std::move(point), owner);
    return past ? Error() : past.error();
  }
  // All of the log up to the cursor, by the read models.
  ReadModels folded(const Cursor& cursor) {
    ReadModels models(memory.partitions());
    for (es::Partition partition = 0; partition < memory.partitions(); ++partition) {
      if (cursor.next[partition] == 1) continue;
      EXPECT_TRUE(models.apply(run(memory.read_partition(partition, 1, cursor.next[partition] - 1))->events));
    }
    return models;
  }
};

TEST_F(CloudPast, IsWhatTheReadModelsWereAtEveryMoment) {
  RecordingChannel first, second;
  std::vector<Cursor> moments;
  const auto mark = [&] {
    moments.push_back(cloud->read_models().cursor());
    now += seconds(1);
  };
  DeviceSession session = online(first);
  mark();
  publish(session, "/light/1");
  mark();
  EXPECT_TRUE(notify(session, 1, 1));
  mark();
  EXPECT_TRUE(notify(session, 2, 2));
  mark();
  EXPECT_TRUE(run(cloud->unpublish(session, {instance_of(Href("/light/1"))})));
  mark();
  publish(session, "/light/1");
  mark();
  EXPECT_TRUE(notify(session, 3, 3));
  mark();
  run_void(cloud->disconnect(session, device::Disconnection::closed));
  mark();
  session = sign_in(second);
  mark();
  EXPECT_TRUE(notify(session, 4, 1));
  mark();

  std::vector<int> values;
  for (const Cursor& moment : moments) {
    const Past then = past(Point(moment));
    const ReadModels models = folded(moment);
    const directory::DeviceEntry* expected = models.directory.known(account::Tenant("default"), device_id());
    ASSERT_NE(then.device(), nullptr);
    ASSERT_NE(expected, nullptr);
    EXPECT_EQ(then.device()->online, expected->online);
    EXPECT_EQ(then.device()->epoch, expected->epoch);
    EXPECT_EQ(then.device()->since, expected->since);
    EXPECT_EQ(then.device()->stale_since, expected->stale_since);
    EXPECT_EQ(then.device()->links, expected->links);
    const auto& shadow = models.shadow.of_device(expected->key);
    ASSERT_EQ(then.representations().size(), shadow.size());
    for (const auto& [href, known] : shadow) {
      EXPECT_EQ(then.representations().at(href).position, known.position) << href.text();
    }
    values.push_back(value(then));
  }
  EXPECT_EQ(values, (std::vector{-1, -1, 1, 2, -1, -1, 3, 3, 3, 4}));
}

TEST_F(CloudPast, IsFoundByTime) {
  RecordingChannel channel;
  const Time before = now;
  now += seconds(1);
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  now += seconds(1);
  EXPECT_TRUE(notify(session, 1, 1));
  const Time first = now;
  now += seconds(1);
  EXPECT_TRUE(notify(session, 2, 2));
  EXPECT_EQ(past(Point(before)).device(), nullptr);
  EXPECT_EQ(value(past(Point(first - std::chrono::milliseconds(1)))), -1);
  EXPECT_EQ(value(past(Point(first))), 1);
  EXPECT_EQ(value(past(Point(now))), 2);
  EXPECT_EQ(run(cloud->devices_at(user("alice"), Point(before)))->size(), 0u);
  EXPECT_EQ(run(cloud->devices_at(user("alice"), Point(first)))->size(), 1u);
  EXPECT_EQ(run(cloud->devices_at(user("bob"), Point(first)))->size(), 0u);
}

TEST_F(CloudPast, HidesOtherOwnersAndOlderRegistrations) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  EXPECT_TRUE(notify(session, 1, 1));
  const Time alices = now;
  EXPECT_EQ(error_at(Point(alices), "bob"), CloudError::not_found);
  EXPECT_TRUE(run(cloud->remove_device(user("alice"), device_id())));
  EXPECT_EQ(error_at(Point(alices)), CloudError::not_found);

  now += seconds(1);
  RecordingChannel bobs;
  online(bobs, "bob");
  EXPECT_EQ(error_at(Point(alices)), CloudError::not_found);
  EXPECT_EQ(past(Point(alices), "bob").device(), nullptr);
  EXPECT_NE(past(Point(now), "bob").device(), nullptr);
}

TEST_F(CloudPast, IsFoldedForSoManyAtOnceAndForFewOfOneOwner) {
  RecordingChannel channel;
  const std::string owners[] = {"alice", "bob", "carol", "dave", "eve"};
  const auto lamp_of = [](std::size_t owner) { return device_id(static_cast<char>('1' + owner)); };
  for (std::size_t owner = 0; owner < 5; ++owner) online(channel, owners[owner], lamp_of(owner));
  std::vector<Past> held;
  for (std::size_t owner = 0; owner < 4; ++owner) {
    for (std::size_t i = 0; i < pasts_per_owner_max; ++i)
      held.push_back(*ask(Point(now), owners[owner], lamp_of(owner)));
    EXPECT_EQ(ask(Point(now), owners[owner], lamp_of(owner)).error(), CloudError::too_many_pasts);
  }
  ASSERT_EQ(held.size(), pasts_max);
  EXPECT_EQ(ask(Point(now), "eve", lamp_of(4)).error(), CloudError::too_many_pasts);
  EXPECT_TRUE(ask(Point(now), "alice", lamp_of(0), held.front().place())) << "in the place of another";
  held.pop_back();
  EXPECT_TRUE(ask(Point(now), "eve", lamp_of(4)));
}

TEST_F(CloudPast, OfAllDevicesTakesOnePlace) {
  RecordingChannel channel;
  online(channel);
  online(channel, "alice", device_id('2'));
  std::vector<Past> held;
  held.push_back(past(Point(now)));
  EXPECT_EQ(run(cloud->devices_at(user("alice"), Point(now)))->size(), 2u);
  held.push_back(past(Point(now)));
  EXPECT_EQ(run(cloud->devices_at(user("alice"), Point(now))).error(), CloudError::too_many_pasts);
}

TEST_F(CloudPast, IsGoneBeforeTheFirstEventThatIsKept) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  std::vector<Time> times;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    now += seconds(1);
    times.push_back(now);
    EXPECT_TRUE(notify(session, i, i));
  }
  // A sweep between the second and the third.
  limits.retention_time = seconds(1);
  Retention retention({memory, cloud->read_models(), limits,
                       [this] { return now + std::chrono::milliseconds(1); }, cloud->metrics(), nullptr});
  run_void(retention.sweep());
  ASSERT_EQ(types(), (std::vector<std::string>{"BaselineTaken", "ResourceRepresentationUpdated"}));
  Past early(memory, session.key, Point(times[0]), nullptr);
  EXPECT_TRUE(run(early.fold_device()));
  EXPECT_EQ(run(early.fold_resource(Href("/light/1"))).error(), CloudError::history_trimmed);
  EXPECT_EQ(run(early.fold_resources()).error(), CloudError::history_trimmed);
  Past late(memory, session.key, Point(times[1]), nullptr);
  EXPECT_TRUE(run(late.fold_device()));
  EXPECT_TRUE(run(late.fold_resources()));
  EXPECT_EQ(value(late), 2);
}

// A store in which something happens between the first page of a stream and the next.
class BetweenPages final : public es::EventStore {
 public:
  BetweenPages(es::EventStore& store, std::function<awaitable<void>()> happens)
      : store_(store), happens_(std::move(happens)) {}

  es::Partition partitions() const override { return store_.partitions(); }
  es::awaitable<Result<std::vector<es::RecordedEvent>>> read(es::StreamId stream,
                                                             es::Version after) override {
    if (after == 1000) co_await happens_();
    co_return co_await store_.read(std::move(stream), after);
  }
  es::awaitable<Result<es::EventBatch>> append(es::Append append) override {
    return store_.append(std::move(append));
  }
  es::awaitable<Result<void>> trim(es::Trim trim) override { return store_.trim(std::move(trim)); }
  es::awaitable<Result<es::LogSlice>> read_partition(es::Partition partition, es::Offset from,
                                                     std::size_t limit) override {
    return store_.read_partition(partition, from, limit);
  }

 private:
  es::EventStore& store_;
  std::function<awaitable<void>()> happens_;
};

TEST_F(CloudPast, IsGoneIfItIsTrimmedWhileItIsRead) {
  RecordingChannel channel;
  const DeviceSession session = online(channel);
  publish(session, "/light/1");
  std::vector<Time> times;
  for (std::uint64_t sequence = 1; sequence <= 1500; ++sequence) {
    now += seconds(1);
    times.push_back(now);
    ASSERT_TRUE(notify(session, static_cast<std::uint8_t>(sequence % 20), sequence));
  }
  limits.retention_time = seconds(100);
  Retention retention(
      {memory, cloud->read_models(), limits, [this] { return now; }, cloud->metrics(), nullptr});
  BetweenPages trimmed(memory, [&] { return retention.sweep(); });
  Past early(trimmed, session.key, Point(times[1100]), nullptr);
  EXPECT_TRUE(run(early.fold_device()));
  EXPECT_EQ(run(early.fold_resource(Href("/light/1"))).error(), CloudError::history_trimmed);
}

}  // namespace
}  // namespace ocf::cloud
