// The history of long streams, and of long events.
#include "cloud/test_cloud.hpp"

namespace ocf::cloud {
namespace {

class HistoryTest : public TestCloud {
 protected:
  HistoryTest() { publish(session_, href_.text()); }

  // As many events of the resource as make its stream so long.
  void append_until(es::Version version, std::size_t bytes = 1) {
    while (length_ < version) {
      std::vector<es::NewEvent> events(1);
      events[0].id = es::EventId(std::to_string(length_));
      events[0].type = "SomethingNew";
      events[0].data = Bytes(bytes);
      es::Append append(resource::stream_of(session_.key, href_), length_++, std::move(events));
      ASSERT_TRUE(run(store.append(std::move(append))));
    }
  }
  std::vector<es::Version> versions(std::uint64_t before = UINT64_MAX) {
    std::vector<es::Version> found;
    std::optional<Result<History>> page;
    turns_ = 0;
    begin(cloud->history(user("alice"), device_id(), href_, before), page);
    loop.restart();
    for (; !page; ++turns_) loop.poll_one();
    for (const es::RecordedEvent& recorded : page->value().events) found.push_back(recorded.version);
    more_ = (*page)->more;
    return found;
  }
  static std::vector<es::Version> range(es::Version first, es::Version last) {
    std::vector<es::Version> all;
    for (; first <= last; ++first) all.push_back(first);
    return all;
  }

  RecordingChannel channel_;
  const DeviceSession session_ = online(channel_);
  const Href href_{"/light/1"};
  es::Version length_ = 0;
  std::uint64_t more_ = 0;  // of the last history
  std::size_t turns_ = 0;   // of the loop, of which the last history took one after the other
};

TEST_F(HistoryTest, HasTheNewestEventsOfALongStream) {
  append_until(3);
  EXPECT_EQ(versions(), range(1, 3));
  append_until(2500);
  EXPECT_EQ(versions(), range(1501, 2500));
}

TEST_F(HistoryTest, SaysWhereItGoesOnIntoThePast) {
  append_until(2500);
  versions();
  EXPECT_EQ(more_, 1501u);
  EXPECT_EQ(versions(more_), range(501, 1500));
  EXPECT_EQ(versions(more_), range(1, 500));
  EXPECT_EQ(more_, 0u);
  EXPECT_EQ(versions(1), range(1, 0));
  EXPECT_EQ(more_, 0u);
}

TEST_F(HistoryTest, OfADeviceGoesOnAcrossItsStreams) {
  for (int round = 0; round < 5; ++round) publish(session_, "/light/" + std::to_string(round));
  const auto whole = run(cloud->history(user("alice"), device_id(), std::nullopt)).value();
  ASSERT_GE(whole.events.size(), 7u);
  EXPECT_EQ(whole.more, 0u);
  const std::uint64_t middle = whole.events[4].position.offset;
  const auto before = run(cloud->history(user("alice"), device_id(), std::nullopt, middle)).value();
  ASSERT_EQ(before.events.size(), 4u);
  EXPECT_EQ(before.events[3].position, whole.events[3].position);
}

TEST_F(HistoryTest, HasTheNewestEventsThatFitIntoAPage) {
  append_until(6, 400'000);
  EXPECT_EQ(versions(), range(5, 6));
  append_until(7, 2'000'000);
  EXPECT_EQ(versions(), range(7, 7));
}

TEST_F(HistoryTest, ReadsAPageAndThenOthersHaveTheirTurn) {
  append_until(500);
  versions();
  const std::size_t turns_of_one_page = turns_;
  append_until(3500);
  versions();
  EXPECT_GE(turns_, turns_of_one_page + 2) << "four pages; one turn may have been a timer's";
  ASSERT_TRUE(notify(session_, 1, 1));
  EXPECT_EQ(versions().back(), 3501u);
  EXPECT_LT(turns_, turns_of_one_page + 2) << "the stream is known to be that long";
}

}  // namespace
}  // namespace ocf::cloud
