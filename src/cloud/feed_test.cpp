// Feeds of a cloud on a memory store, whose log may be further than what was folded.
#include "cloud/feed.hpp"

#include "cloud/test_cloud.hpp"

namespace ocf::cloud {
namespace {

using std::chrono::hours;
using Events = Result<std::vector<FeedEvent>>;

class FeedTest : public TestCloud {
 protected:
  std::unique_ptr<Feed> feed(const std::string& owner, const std::string& cursor = beginning()) {
    return run(cloud->feed(user(owner), {}, cursor)).value();
  }
  static std::string beginning() { return Cursor{{1, 1, 1, 1}}.text(); }

  // One event of a device of this owner: stored, and nobody was told yet.
  es::EventBatch store_one(const std::string& owner, es::Version after, DeviceId id = device_id(),
                           std::size_t bytes = 1) {
    std::vector<es::NewEvent> events(1);
    events[0].id = es::EventId(std::to_string(++ids_));
    events[0].type = "SomethingNew";
    events[0].data = Bytes(bytes);
    events[0].audit.owner = owner;
    const device::DeviceKey key{account::Tenant("default"), id, 7};
    es::Append append(key.stream("new"), after, std::move(events));
    return run(memory.append(std::move(append))).value();
  }
  void append_one(const std::string& owner, es::Version after, DeviceId id = device_id(),
                  std::size_t bytes = 1) {
    bus.publish(store_one(owner, after, id, bytes));
  }

 private:
  int ids_ = 0;
};

TEST_F(FeedTest, WaitsForWhatIsStoredAndNotFoldedYet) {
  append_one("alice", 0);
  const es::EventBatch late = store_one("alice", 1);
  const auto bobs = feed("bob"), alices = feed("alice");
  std::optional<Events> to_bob, to_alice;
  begin(bobs->next(hours(1)), to_bob);
  settle();
  EXPECT_FALSE(to_bob) << "nothing for bob, and nothing to come again for at once";
  EXPECT_EQ(run(alices->next(hours(1)))->size(), 1u);
  begin(alices->next(hours(1)), to_alice);
  settle();
  EXPECT_FALSE(to_alice) << "answers do not know of it";
  bus.publish(late);
  settle();
  ASSERT_TRUE(to_alice);
  ASSERT_EQ((*to_alice)->size(), 1u);
  EXPECT_EQ((*to_alice)->front().recorded.version, 2u);
  bobs->cancel();
  settle();
}

TEST_F(FeedTest, GoesOnFromTheEndIfItsCursorIsBehindIt) {
  append_one("alice", 0);
  const std::string end = feed("alice", "")->cursor();
  EXPECT_EQ(feed("alice")->resync(), std::nullopt);
  EXPECT_EQ(feed("alice", end)->resync(), std::nullopt);
  const auto beyond = feed("alice", Cursor{{7, 7, 7, 1'000'000}}.text());
  EXPECT_EQ(beyond->resync(), now);
  EXPECT_EQ(beyond->cursor(), end);
  std::optional<Events> told;
  begin(beyond->next(hours(1)), told);
  settle();
  EXPECT_FALSE(told);
  append_one("alice", 1);
  settle();
  ASSERT_TRUE(told);
  ASSERT_EQ((*told)->size(), 1u);
  EXPECT_EQ((*told)->front().recorded.version, 2u);
}

TEST_F(FeedTest, APageEndsAtSoManyBytesAndTheNextOneGoesOnBehindIt) {
  for (es::Version version = 0; version < 5; ++version) append_one("alice", version, device_id(), 400'000);
  append_one("alice", 5, device_id(), 2'000'000);
  const auto alices = feed("alice");
  std::vector<std::size_t> sizes;
  std::vector<es::Version> versions;
  while (versions.size() < 6) {
    const Events events = run(alices->next(hours(1)));
    ASSERT_TRUE(events);
    sizes.push_back(events->size());
    for (const FeedEvent& event : *events) versions.push_back(event.recorded.version);
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 2, 1, 1})) << "the last one does not fit into any page";
  EXPECT_EQ(versions, (std::vector<es::Version>{1, 2, 3, 4, 5, 6}));
}

TEST_F(FeedTest, EachPartitionHasItsTurn) {
  char other = '2';
  const es::Partition first = store_one("alice", 0)->front().position.partition;
  while (store_one("alice", 0, device_id(other))->front().position.partition == first) ++other;
  crash();
  const auto alices = feed("alice");
  std::vector<std::string> devices;
  for (es::Version version = 1; version <= 4; ++version) {
    append_one("alice", version);
    append_one("alice", version, device_id(other));
    const Events events = run(alices->next(hours(1)));
    ASSERT_TRUE(events);
    devices.push_back(device::key_of(events->front().recorded.stream)->device.text());
  }
  EXPECT_NE(devices[0], devices[1]);
  EXPECT_EQ(devices[0], devices[2]);
  EXPECT_EQ(devices[1], devices[3]);
}

}  // namespace
}  // namespace ocf::cloud
