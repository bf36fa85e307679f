#include "server/history/log_check.hpp"

#include "device/device.hpp"
#include "links/links.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace ocf::server {
namespace {

const device::DeviceKey& key() {
  static const device::DeviceKey key(account::Tenant("default"),
                                     DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55916").value(), 1);
  return key;
}

// A log of one partition, as it was written down by a test; its index is what `indexed` says.
class WrittenLog final : public LogSource {
 public:
  // At the next offset, with the next version of the stream unless another one is given.
  es::RecordedEvent& add(const std::string& stream, std::optional<es::Version> version = {}) {
    es::NewEvent event;
    es::EncodedEvent encoded = links::Links::encode(links::LinksUnpublished{{Href("/light/1")}});
    event.type = std::move(encoded.type);
    event.data = std::move(encoded.data);
    es::Version last = 0;
    for (const es::RecordedEvent& recorded : events) {
      if (recorded.stream == key().stream(stream)) last = recorded.version;
    }
    events.push_back(
        {{0, events.size() + 1}, key().stream(stream), version.value_or(last + 1), std::move(event)});
    return events.back();
  }

  es::Partition partitions() const override { return 1; }
  const cloud::Cursor& end() const override { return end_; }
  Result<es::LogSlice> read_partition(es::Partition, es::Offset from, std::size_t limit) override {
    auto found = std::make_shared<std::vector<es::RecordedEvent>>();
    es::LogSlice slice;
    slice.next = from;
    for (const es::RecordedEvent& recorded : events) {
      if (recorded.position.offset < from || found->size() == limit) continue;
      if (recorded.position.offset == unreadable) return es::StoreError::corrupt;
      found->push_back(recorded);
      slice.next = recorded.position.offset + 1;
    }
    slice.events = found;
    return slice;
  }
  std::string damage() const override { return ""; }
  std::optional<Result<std::vector<es::RecordedEvent>>> read(const es::StreamId& stream,
                                                             es::Version after) override {
    std::vector<es::RecordedEvent> found;
    for (const es::RecordedEvent& recorded : events) {
      if (recorded.stream == stream && recorded.version > after && recorded.position.offset != not_indexed)
        found.push_back(recorded);
    }
    return found;
  }

  const cloud::Cursor& indexed() const override { return indexed_; }

  std::vector<es::RecordedEvent> events;
  es::Offset unreadable = 0, not_indexed = 0;

  void index_until(es::Offset next) { indexed_.next[0] = next; }

 private:
  const cloud::Cursor end_{{~es::Offset{0}}};
  cloud::Cursor indexed_ = end_;
};

TEST(LogCheck, CountsWhatIsWhole) {
  WrittenLog log;
  for (int i = 0; i < 3; ++i) log.add("links");
  log.add("links").event.type = "LinksPainted";
  const LogCheck found = check_log(log);
  EXPECT_FALSE(found.damage);
  EXPECT_EQ(found.events, 4u);
  EXPECT_EQ(found.streams, 1u);
  EXPECT_EQ(found.trimmed, 0u);
  EXPECT_EQ(found.of_newer_release, 1u);
}

TEST(LogCheck, TakesAStreamThatBeginsWithABaselineForTrimmed) {
  WrittenLog log;
  log.add("links", 7).event.type = "BaselineTaken";
  log.add("links");
  const LogCheck found = check_log(log);
  EXPECT_FALSE(found.damage) << found.damage->what;
  EXPECT_EQ(found.trimmed, 1u);
}

TEST(LogCheck, NamesABeginningForWhichNothingStands) {
  WrittenLog log;
  log.add("links", 7);
  const LogCheck found = check_log(log);
  ASSERT_TRUE(found.damage);
  EXPECT_EQ(found.damage->version, 7u);
}

TEST(LogCheck, NamesAGapBetweenVersions) {
  WrittenLog log;
  log.add("links");
  log.add("links", 3);
  const LogCheck found = check_log(log);
  ASSERT_TRUE(found.damage);
  EXPECT_EQ(found.damage->position, (es::Position{0, 2}));
  EXPECT_EQ(found.damage->stream, key().stream("links").text());
  EXPECT_EQ(found.damage->version, 3u);
}

TEST(LogCheck, GoesOnFromABaselineThatWasTakenMeanwhile) {
  WrittenLog log;
  for (int i = 0; i < 3; ++i) log.add("links");
  log.add("links", 7).event.type = "BaselineTaken";
  log.add("links");
  const LogCheck found = check_log(log);
  EXPECT_FALSE(found.damage) << found.damage->what;
  EXPECT_EQ(found.trimmed, 1u);
  log.add("links", 8).event.type = "BaselineTaken";
  EXPECT_TRUE(check_log(log).damage) << "which does not go back";
}

TEST(LogCheck, NamesDataThatIsNotThatOfItsType) {
  WrittenLog log;
  log.add("links");
  log.add("links").event.data = {0xff};
  const LogCheck found = check_log(log);
  ASSERT_TRUE(found.damage);
  EXPECT_EQ(found.damage->position.offset, 2u);
  EXPECT_EQ(found.damage->version, 2u);
}

TEST(LogCheck, NamesARecordThatCannotBeReadAndTheOneBefore) {
  WrittenLog log;
  for (int i = 0; i < 9; ++i) log.add("links");
  log.unreadable = 5;
  const LogCheck found = check_log(log);
  ASSERT_TRUE(found.damage);
  EXPECT_EQ(found.damage->position, (es::Position{0, 5}));
  EXPECT_EQ(found.damage->stream, "");
  EXPECT_NE(found.damage->what.find("version 4 of " + key().stream("links").text()), std::string::npos)
      << found.damage->what;
}

TEST(LogCheck, NamesARecordInAnotherPlaceThanItsOwn) {
  WrittenLog log;
  log.add("links");
  log.add("links").position.offset = 1;
  log.events.back().position.partition = 3;
  EXPECT_TRUE(check_log(log).damage);
}

TEST(LogCheck, NamesWhatTheIndexDoesNotHave) {
  WrittenLog log;
  for (int i = 0; i < 3; ++i) log.add("links");
  log.not_indexed = 2;
  const LogCheck middle = check_log(log);
  ASSERT_TRUE(middle.damage);
  EXPECT_EQ(middle.damage->version, 2u);
  log.not_indexed = 3;
  const LogCheck end = check_log(log);
  ASSERT_TRUE(end.damage);
  EXPECT_EQ(end.damage->version, 3u);
}

TEST(LogCheck, AsksAnIndexThatEndedWithACrashForNoMoreThanItCovers) {
  WrittenLog log;
  for (int i = 0; i < 3; ++i) log.add("links");
  log.not_indexed = 3;
  log.index_until(3);
  EXPECT_FALSE(check_log(log).damage);
  log.index_until(4);
  EXPECT_TRUE(check_log(log).damage);
}

}  // namespace
}  // namespace ocf::server
