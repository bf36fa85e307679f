#include "shadow/shadow.hpp"

#include "account/holder.hpp"
#include "links/links.hpp"
#include "tests/history.hpp"

#include <gtest/gtest.h>

namespace ocf::shadow {
namespace {

using account::Holder;
using account::Owner;
using account::Tenant;
using device::Device;
using device::DeviceKey;
using links::Links;
using resource::Resource;

const Tenant tenant("default");
const DeviceKey key(tenant, DeviceId::parse("00000000-0000-0000-0000-00000000000a").value(), 1);
const DeviceKey next_key(tenant, key.device, 2);
const Owner alice("alice");
const Href light("/light/1"), other("/light/2"), status(std::string{status_href});

// A shadow that follows a scripted log.
class ShadowTest : public ::testing::Test {
 protected:
  template <es::Decider D>
  void append(const es::StreamId& stream, const typename D::Event& event, es::Spoken spoken = {}) {
    shadow.apply(history.append<D>(stream, event, spoken));
  }
  void registered(const DeviceKey& device = key) {
    append<Holder>(Holder::stream(tenant, device.device),
                   account::DeviceClaimed{alice, device.registration, "g"});
    append<Device>(device.stream(device::stream_name), device::DeviceRegistered{alice});
  }
  void connected() {
    append<Device>(key.stream(device::stream_name), device::DeviceConnected{"gw", "peer", "tcp"});
  }
  void disconnected(device::Epoch epoch) {
    append<Device>(key.stream(device::stream_name),
                   device::DeviceDisconnected{epoch, device::Disconnection::closed});
  }
  void notified(const Href& href, std::uint8_t value, es::Spoken spoken) {
    append<Resource>(resource::stream_of(key, href),
                     resource::ResourceRepresentationUpdated{{10000, share({value})}, {value}, 0, 0}, spoken);
  }
  void unpublished(const Href& href) {
    append<Links>(key.stream(links::stream_name), links::LinksUnpublished{{href}});
  }

  std::string content_of(const DeviceKey& device, const Href& href) const {
    const Representation* known = shadow.get(device, href);
    return known == nullptr ? "unknown" : to_hex(view_of(known->content.bytes));
  }

  testing::History history;
  Shadow shadow;
};

constexpr char online[] = "a1666f6e6c696e65f5";
constexpr char offline[] = "a1666f6e6c696e65f4";

TEST_F(ShadowTest, KnowsTheStatusOfARegisteredDevice) {
  EXPECT_EQ(content_of(key, status), "unknown");
  registered();
  EXPECT_EQ(content_of(key, status), offline);
  connected();
  EXPECT_EQ(content_of(key, status), online);
  const Representation* now = shadow.get(key, status);
  EXPECT_EQ(now->content.format, 10000);
  EXPECT_EQ(now->version, 2u);
  EXPECT_EQ(now->epoch, 2u);
  EXPECT_EQ(now->time, testing::History::time_of(3));
  disconnected(2);
  EXPECT_EQ(content_of(key, status), offline);
}

TEST_F(ShadowTest, KeepsADeviceOnlineWhenAnOlderSessionEnds) {
  registered();
  connected();
  connected();
  disconnected(2);
  EXPECT_EQ(content_of(key, status), online);
  disconnected(3);
  EXPECT_EQ(content_of(key, status), offline);
}

TEST_F(ShadowTest, KnowsTheLatestRepresentation) {
  registered();
  EXPECT_EQ(content_of(key, light), "unknown");
  notified(light, 1, {2, 1});
  notified(other, 9, {2, 2});
  notified(light, 2, {2, 3});
  EXPECT_EQ(content_of(key, light), "02");
  EXPECT_EQ(content_of(key, other), "09");
  const Representation* now = shadow.get(key, light);
  EXPECT_EQ(now->etag, Bytes{2});
  EXPECT_EQ(now->version, 2u);
  EXPECT_EQ(now->position, (es::Position{0, 5}));
  EXPECT_EQ(now->sequence, 3u);
  EXPECT_EQ(shadow.of_device(key).size(), 3u);
  EXPECT_TRUE(shadow.of_device(next_key).empty());
}

TEST_F(ShadowTest, KeepsWhatIsNewerThanALateNotification) {
  registered();
  notified(light, 1, {3, 5});
  notified(light, 2, {3, 4});
  notified(light, 3, {2, 9});
  EXPECT_EQ(content_of(key, light), "01");
  notified(light, 4, {4, 1});
  EXPECT_EQ(content_of(key, light), "04");
}

TEST_F(ShadowTest, ChangesNothingForEventsThatCarryNoRepresentation) {
  registered();
  notified(light, 1, {2, 1});
  const es::StreamId stream = resource::stream_of(key, light);
  append<Resource>(stream, resource::CommandPending{});
  append<Resource>(stream,
                   resource::CommandAnswered{resource::Operation::update, {}, resource::Status::changed, {}});
  append<Resource>(stream, resource::NotificationRejected{"not CBOR", 3});
  EXPECT_EQ(content_of(key, light), "01");
  EXPECT_EQ(shadow.get(key, light)->version, 1u);
}

TEST_F(ShadowTest, ForgetsWhatIsUnpublishedUntilItIsReadAnew) {
  registered();
  notified(light, 1, {2, 1});
  notified(other, 9, {2, 2});
  unpublished(light);
  EXPECT_EQ(content_of(key, light), "unknown");
  EXPECT_EQ(content_of(key, other), "09");
  append<Links>(key.stream(links::stream_name), links::LinksPublished{{}, "name"});
  EXPECT_EQ(content_of(key, light), "unknown");
  notified(light, 1, {2, 3});
  EXPECT_EQ(content_of(key, light), "01");
}

TEST_F(ShadowTest, KnowsFromABaselineWhatTheDeviceSaidAndWhen) {
  registered();
  const resource::Content content{10000, share({7})};
  const resource::ResourceRepresentationUpdated said{content, {9}, 2, 5};
  const Time then{std::chrono::milliseconds(17)};
  append<Resource>(resource::stream_of(key, light), resource::BaselineTaken{said, 41, then, false});
  EXPECT_EQ(content_of(key, light), "07");
  const Representation* now = shadow.get(key, light);
  EXPECT_EQ(now->etag, Bytes{9});
  EXPECT_EQ(now->version, 41u);
  EXPECT_EQ(now->time, then);
  EXPECT_EQ(now->epoch, 2u);
  EXPECT_EQ(now->sequence, 5u);
  append<Resource>(resource::stream_of(key, other), resource::BaselineTaken{said, 41, then, true});
  EXPECT_EQ(content_of(key, other), "unknown") << "it was unpublished since";
}

TEST_F(ShadowTest, ForgetsADeviceThatIsDeregistered) {
  registered();
  notified(light, 1, {2, 1});
  append<Device>(key.stream(device::stream_name), device::DeviceDeregistered{});
  EXPECT_TRUE(shadow.of_device(key).empty());
  notified(light, 2, {2, 2});
  EXPECT_TRUE(shadow.of_device(key).empty());
}

TEST_F(ShadowTest, ShowsNothingOfARegistrationInTheNext) {
  registered();
  notified(light, 1, {2, 1});
  registered(next_key);
  EXPECT_TRUE(shadow.of_device(key).empty());
  EXPECT_EQ(content_of(next_key, light), "unknown");
  EXPECT_EQ(content_of(next_key, status), offline);
  notified(light, 2, {2, 2});
  connected();
  EXPECT_EQ(content_of(next_key, light), "unknown");
  EXPECT_EQ(content_of(next_key, status), offline);
}

TEST_F(ShadowTest, SharesOneStatusContentAmongDevices) {
  registered();
  const DeviceKey second(tenant, DeviceId::parse("00000000-0000-0000-0000-00000000000b").value(), 1);
  registered(second);
  EXPECT_EQ(shadow.get(key, status)->content.bytes, shadow.get(second, status)->content.bytes);
}

}  // namespace
}  // namespace ocf::shadow
