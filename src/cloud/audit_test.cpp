// Who did what, from the log of a cloud on a memory store.
#include "cloud/audit.hpp"

#include "cloud/test_cloud.hpp"

namespace ocf::cloud {
namespace {

using std::chrono::milliseconds;

class AuditTest : public TestCloud {
 protected:
  AuditPage audit(const std::string& owner, const AuditFilter& filter = {}, const std::string& cursor = "") {
    return run(cloud->audit(user(owner), filter, cursor)).value();
  }
  // So many events that nobody acted by, of a device of this owner; in the partition of that device.
  void append(const std::string& owner, DeviceId id, std::size_t count, es::Version after = 0,
              std::size_t bytes = 0) {
    std::vector<es::NewEvent> events(count);
    for (es::NewEvent& event : events) {
      event.id = es::EventId(std::to_string(++ids_));
      event.type = "SomethingNew";
      event.data = Bytes(bytes);
      event.time = now += milliseconds(1);
      event.audit.principal = "user:" + owner;
      event.audit.owner = owner;
    }
    const device::DeviceKey key{account::Tenant("default"), id, 7};
    es::Append request(key.stream("new"), after, std::move(events));
    ASSERT_TRUE(run(store.append(std::move(request))));
  }

  std::size_t ids_ = 0;
};

std::vector<es::Position> positions(const std::vector<es::RecordedEvent>& events) {
  std::vector<es::Position> found;
  for (const es::RecordedEvent& event : events) found.push_back(event.position);
  return found;
}

TEST_F(AuditTest, MergesTheLogsOfAllDevicesNewestFirst) {
  for (es::Version round = 0; round < 300; ++round) {
    for (const char last : {'1', '2', '3'}) append(last == '3' ? "bob" : "alice", device_id(last), 1, round);
  }
  AuditFilter filter;
  filter.limit = 1000;
  const AuditPage all = audit("alice", filter);
  ASSERT_EQ(all.events.size(), 600u);
  EXPECT_EQ(all.more, "");
  for (std::size_t i = 1; i < all.events.size(); ++i)
    EXPECT_LT(all.events[i].event.time, all.events[i - 1].event.time);

  std::vector<es::RecordedEvent> in_pages;
  filter.limit = 70;
  AuditPage page = audit("alice", filter);
  for (;; page = audit("alice", filter, page.more)) {
    in_pages.insert(in_pages.end(), page.events.begin(), page.events.end());
    if (page.more.empty()) break;
    EXPECT_EQ(page.events.size(), 70u);
  }
  EXPECT_EQ(positions(in_pages), positions(all.events));

  filter.device = device_id('2');
  filter.since = Point(all.events[59].event.time);
  filter.until = Point(all.events[19].event.time);
  EXPECT_EQ(audit("alice", filter).events.size(), 20u);
  filter.by = "bob";
  EXPECT_TRUE(audit("alice", filter).events.empty());
}

TEST_F(AuditTest, LooksAtSoMuchOfTheLogAtOnceAndGoesOnFromThere) {
  append("alice", device_id(), 1);
  for (es::Version version = 1; version < 25'000; version += 1000) append("bob", device_id(), 1000, version);
  const AuditPage page = audit("alice");
  EXPECT_TRUE(page.events.empty());
  ASSERT_NE(page.more, "");
  const AuditPage next = audit("alice", {}, page.more);
  EXPECT_EQ(next.events.size(), 1u);
  EXPECT_EQ(next.more, "");
  EXPECT_EQ(run(cloud->audit(user("alice"), {}, "x")).error(), CloudError::malformed_cursor);
}

TEST_F(AuditTest, LeavesNothingOutOfALogOfLongEvents) {
  // Two devices, so that each page is of two logs; the store answers with 4 MiB at once.
  for (es::Version version = 0; version < 50; ++version) {
    for (const char last : {'1', '2'}) append("alice", device_id(last), 1, version, 200'000);
  }
  std::vector<es::RecordedEvent> found;
  std::string cursor;
  do {
    const AuditPage page = audit("alice", {}, cursor);
    EXPECT_FALSE(page.events.empty());
    EXPECT_LE(page.events.size(), 5u) << "1 MiB";
    found.insert(found.end(), page.events.begin(), page.events.end());
    cursor = page.more;
  } while (!cursor.empty());
  ASSERT_EQ(found.size(), 100u);
  for (std::size_t i = 1; i < found.size(); ++i) EXPECT_LT(found[i].event.time, found[i - 1].event.time);
}

TEST_F(AuditTest, KeepsWhatAdministratorsDo) {
  const account::Tenant tenant("default");
  for (const char* about : {"alice", "bob", "carol"}) {
    account::AdministrativeAct act(account::Act::token_issued, about);
    ASSERT_TRUE(run(cloud->record(tenant, "uid:0", std::move(act))));
  }
  crash();
  AuditFilter filter;
  filter.limit = 2;
  const auto newest = run(cloud->administration(tenant, filter)).value();
  ASSERT_EQ(newest.size(), 2u);
  EXPECT_EQ(newest[0].version, 3u);
  EXPECT_EQ(newest[1].version, 2u);
  EXPECT_EQ(newest[0].event.audit.principal, "uid:0");
  filter.limit = 100;
  EXPECT_EQ(run(cloud->administration(tenant, filter)).value().size(), 3u);
  filter.type = "CodeIssued";
  EXPECT_TRUE(run(cloud->administration(tenant, filter)).value().empty());
  filter.type = "TokenIssued";
  filter.by = "system";
  EXPECT_TRUE(run(cloud->administration(tenant, filter)).value().empty());
  EXPECT_TRUE(audit("alice").events.empty());
}

}  // namespace
}  // namespace ocf::cloud
