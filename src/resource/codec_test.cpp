#include "es/error.hpp"
#include "resource/resource.hpp"
#include "tests/given.hpp"

#include <gtest/gtest.h>

namespace ocf::resource {
namespace {

const device::DeviceKey key(account::Tenant("default"),
                            DeviceId::parse("00000000-0000-0000-0000-00000000000a").value(), 1);
const es::StreamId stream = stream_of(key, Href("/light/1"));
const CorrelationId one("c1");
const Content content{10000, share({0xa0})};
constexpr Time due{std::chrono::milliseconds(1'700'000'000'123)};

struct Golden {
  Resource::Event event;
  const char* type;
  const char* data;
};

const std::vector<Golden> golden{
    {CommandPending{Operation::create, one, "if=oic.if.create", content, due}, "ResourceCreatePending",
     "a50162633102"
     "7069663d6f69632e69662e637265617465"
     "031927100441a0"
     "051b0000018bcfe5687b"},
    {CommandPending{Operation::retrieve, one, "", {}, due}, "ResourceRetrievePending",
     "a201626331051b0000018bcfe5687b"},
    {CommandPending{Operation::update, one, "", content, due}, "ResourceUpdatePending",
     "a401626331031927100441a0051b0000018bcfe5687b"},
    {CommandPending{Operation::remove, one, "", {}, due}, "ResourceDeletePending",
     "a201626331051b0000018bcfe5687b"},
    {CommandDispatched{one, 5}, "CommandDispatched", "a2016263310205"},
    {CommandAnswered{Operation::create, one, Status::created, content}, "ResourceCreated",
     "a4016263310201031927100441a0"},
    {CommandAnswered{Operation::retrieve, one, Status::content, content}, "ResourceRetrieved",
     "a4016263310205031927100441a0"},
    {CommandAnswered{Operation::update, one, Status::forbidden, {}}, "ResourceUpdated", "a201626331021823"},
    {CommandAnswered{Operation::remove, one, Status::internal_error, {}}, "ResourceDeleted",
     "a201626331021840"},
    {CommandEnded{one, Ending::canceled}, "CommandCanceled", "a101626331"},
    {CommandEnded{one, Ending::expired}, "CommandExpired", "a101626331"},
    {CommandEnded{one, Ending::outcome_unknown}, "CommandOutcomeUnknown", "a101626331"},
    {ResourceRepresentationUpdated{content, {1, 2}, 7, 8}, "ResourceRepresentationUpdated",
     "a3011927100241a003420102"},
    {NotificationRejected{"not CBOR", 300}, "NotificationRejected", "a201686e6f742043424f520219012c"},
    {BaselineTaken{ResourceRepresentationUpdated{content, {1, 2}, 7, 8}, 5, due, false}, "BaselineTaken",
     "a80101021927100341a0044201020505061b0000018bcfe5687b07070808"},
    {BaselineTaken{ResourceRepresentationUpdated{{}, {}, 7, 8}, 5, due, true}, "BaselineTaken",
     "a601010505061b0000018bcfe5687b0707080809f5"},
    {BaselineTaken{}, "BaselineTaken", "a10101"},
};

TEST(ResourceCodec, WritesTheseBytesForEver) {
  for (const auto& [event, type, data] : golden) {
    const auto encoded = Resource::encode(event);
    EXPECT_EQ(encoded.type, type);
    EXPECT_EQ(to_hex(encoded.data), data) << type;
  }
}

TEST(ResourceCodec, ReadsWhatItWrote) {
  for (const auto& [event, type, data] : golden) {
    EXPECT_EQ(testing::stored_and_read<Resource>(event, stream, {7, 8}), event) << type;
  }
}

TEST(ResourceCodec, NumbersTheStatusesForEver) {
  EXPECT_EQ(static_cast<int>(Status::content), 5);
  EXPECT_EQ(static_cast<int>(Status::bad_request), 32);
  EXPECT_EQ(static_cast<int>(Status::too_many_requests), 45);
  EXPECT_EQ(static_cast<int>(Status::internal_error), 64);
  EXPECT_EQ(static_cast<int>(Status::proxying_not_supported), 69);
}

TEST(ResourceCodec, TakesSessionAndSequenceFromTheEnvelope) {
  const Resource::Event written = ResourceRepresentationUpdated{content, {}, 0, 0};
  const auto read = testing::stored_and_read<Resource>(written, stream, {7, 8});
  EXPECT_EQ(read, Resource::Event(ResourceRepresentationUpdated{content, {}, 7, 8}));
}

TEST(ResourceCodec, SkipsWhatANewerReleaseAdded) {
  auto recorded = testing::recorded<Resource>(CommandDispatched{one, 5}, stream);
  recorded.event.data = from_hex("a301626331020509f6").value();
  EXPECT_EQ(Resource::decode(recorded).value(), Resource::Event(CommandDispatched{one, 5}));
  recorded.event.type = "ResourceRenamed";
  EXPECT_FALSE(Resource::decode(recorded).value());
}

TEST(ResourceCodec, RefusesBytesThatAreNoEvent) {
  for (const auto& [event, type, data] : golden) {
    auto recorded = testing::recorded<Resource>(event, stream);
    const Bytes whole = recorded.event.data;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      recorded.event.data = copy_of(ByteView(whole).first(size));
      EXPECT_EQ(Resource::decode(recorded).error(), es::StoreError::malformed_event)
          << type << " cut to " << size;
    }
  }
}

TEST(ResourceCodec, RefusesAFormatThatIsNone) {
  auto recorded = testing::recorded<Resource>(ResourceRepresentationUpdated{}, stream);
  recorded.event.data = from_hex("a1011a00010000").value();
  EXPECT_EQ(Resource::decode(recorded).error(), es::StoreError::malformed_event);
}

TEST(ResourceCodec, RefusesABaselineOfASchemaThatItDoesNotKnow) {
  auto recorded = testing::recorded<Resource>(BaselineTaken{}, stream);
  recorded.event.data = from_hex("a10102").value();
  EXPECT_EQ(Resource::decode(recorded).error(), es::StoreError::malformed_event);
}

TEST(ResourceBaseline, StandsForEverythingBeforeIt) {
  const ResourceRepresentationUpdated said{content, {1}, 3, 7};
  const Resource::State fresh = Resource::evolve({}, BaselineTaken{said, 4, due, false});
  EXPECT_EQ(fresh.representation, said);
  EXPECT_EQ(fresh.epoch, 3u);
  EXPECT_EQ(fresh.sequence, 7u);
  Resource::State old;
  old.waiting.push_back({Operation::update, one, "", due, 0});
  old.ended.push_back(one);
  EXPECT_EQ(Resource::evolve(old, BaselineTaken{said, 4, due, false}), fresh);
  EXPECT_EQ(Resource::evolve(old, BaselineTaken{}), Resource::State{});
}

TEST(ResourceStream, IsNamedByItsHref) {
  EXPECT_EQ(stream.text(), "default/00000000-0000-0000-0000-00000000000a/1/resource/light/1");
  EXPECT_EQ(href_of(stream), Href("/light/1"));
  EXPECT_EQ(href_of(key.stream("device")), std::nullopt);
  EXPECT_EQ(href_of(key.stream("resources")), std::nullopt);
}

}  // namespace
}  // namespace ocf::resource
