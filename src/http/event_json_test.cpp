#include "http/event_json.hpp"

#include "account/holder.hpp"
#include "device/device.hpp"
#include "links/links.hpp"
#include "resource/resource.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace ocf::http {
namespace {

const device::DeviceKey key(account::Tenant("default"),
                            *DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55916"), 3);

es::RecordedEvent recorded(es::StreamId stream, es::EncodedEvent encoded) {
  es::NewEvent event;
  event.id = es::EventId("8a6a3f0e-0b8e-4a56-9f6f-6d8a1f0c2b11");
  event.type = std::move(encoded.type);
  event.data = std::move(encoded.data);
  event.time = Time(std::chrono::milliseconds(1'795'377'592'123));
  event.audit.principal = "user:alice";
  event.spoken = {7, 9};
  return {{1, 42}, std::move(stream), 5, std::move(event)};
}

template <class Aggregate>
es::RecordedEvent recorded(es::StreamId stream, const typename Aggregate::Event& event) {
  return recorded(std::move(stream), Aggregate::encode(event));
}

std::string written(const es::RecordedEvent& event) {
  std::string text;
  JsonWriter json(text);
  write_event(json, event);
  return text;
}

// Only the part that depends on the type.
std::string data_of(const es::RecordedEvent& event) {
  const std::string text = written(event);
  const auto at = text.find("\"data\":") + 7;
  return text.substr(at, text.size() - at - 1);
}

resource::Content content(std::uint16_t format, std::string_view hex) {
  resource::Content made;
  made.format = format;
  made.bytes = share(*from_hex(hex));
  return made;
}

const Href light("/light/1");

TEST(EventJson, SaysWhereWhenWhatAndByWhom) {
  resource::ResourceRepresentationUpdated event;
  event.content = content(10000, "a165706f776572f5");
  event.etag = {0x0a, 0xff};
  auto stored = recorded<resource::Resource>(resource::stream_of(key, light), event);
  stored.event.audit.correlation = es::CorrelationId("6f1c");
  EXPECT_EQ(
      written(stored),
      R"({"position":{"partition":1,"offset":42},"version":5,"time":"2026-11-22T19:59:52.123Z",)"
      R"("type":"ResourceRepresentationUpdated","device":"028acc3a-d1a5-4246-79cd-2876cfc55916","href":"/light/1",)"
      R"("principal":"user:alice","correlationId":"6f1c",)"
      R"("data":{"etag":"0aff","epoch":7,"sequence":9,"content":{"power":true}}})");
}

TEST(EventJson, ShowsEveryEventOfADevice) {
  const es::StreamId stream = key.stream(device::stream_name);
  using Event = device::Device::Event;
  const auto data = [&](Event event) { return data_of(recorded<device::Device>(stream, event)); };
  EXPECT_EQ(data(device::DeviceRegistered{account::Owner("alice")}), R"({"owner":"alice"})");
  EXPECT_EQ(data(device::DeviceConnected{"gw-1", "192.0.2.7:40112", "tcp"}),
            R"({"gateway":"gw-1","peer":"192.0.2.7:40112","transport":"tcp"})");
  EXPECT_EQ(data(device::DeviceDisconnected{2, device::Disconnection::unresponsive}),
            R"({"epoch":2,"cause":"unresponsive"})");
  EXPECT_EQ(data(device::DeviceDeregistered{}), "{}");
}

TEST(EventJson, ShowsWhoHoldsADeviceButNotTheGrant) {
  const es::StreamId stream = account::Holder::stream(key.tenant, key.device);
  EXPECT_EQ(data_of(recorded<account::Holder>(stream,
                                              account::DeviceClaimed{account::Owner("alice"), 3, "secret"})),
            R"({"owner":"alice","registration":3})");
  EXPECT_EQ(data_of(recorded<account::Holder>(stream, account::DeviceReleased{3})), R"({"registration":3})");
}

TEST(EventJson, ShowsLinks) {
  Link link;
  link.href = light;
  link.resource_types = {"oic.r.switch.binary"};
  link.interfaces = {"oic.if.a"};
  link.policy = 3;
  link.instance = 17;
  const es::StreamId stream = key.stream(links::stream_name);
  EXPECT_EQ(data_of(recorded<links::Links>(stream, links::LinksPublished{{link}, "Lamp"})),
            R"({"name":"Lamp","links":[{"href":"/light/1","rt":["oic.r.switch.binary"],"if":["oic.if.a"],)"
            R"("p":{"bm":3},"ins":17}]})");
  EXPECT_EQ(data_of(recorded<links::Links>(stream, links::LinksPublished{{}, "", Time()})),
            R"({"links":[],"validUntil":"1970-01-01T00:00:00.000Z"})");
  EXPECT_EQ(data_of(recorded<links::Links>(stream, links::LinksUnpublished{{light}})),
            R"({"hrefs":["/light/1"]})");
}

TEST(EventJson, ShowsACommandFromBeginningToEnd) {
  const es::StreamId stream = resource::stream_of(key, light);
  using Event = resource::Resource::Event;
  const auto data = [&](Event event) { return data_of(recorded<resource::Resource>(stream, event)); };
  const es::CorrelationId id("6f1c");

  resource::CommandPending pending;
  pending.operation = resource::Operation::update;
  pending.correlation = id;
  pending.query = "if=oic.if.a";
  pending.content = content(10000, "a165706f776572f5");
  pending.valid_until = Time(std::chrono::milliseconds(1'795'377'592'123));
  EXPECT_EQ(data(pending),
            R"({"query":"if=oic.if.a","content":{"power":true},"validUntil":"2026-11-22T19:59:52.123Z"})");
  EXPECT_EQ(data(resource::CommandDispatched{id, 4}), R"({"epoch":4})");
  EXPECT_EQ(data(resource::CommandAnswered{resource::Operation::update, id, resource::Status::changed, {}}),
            R"({"status":"changed","content":null})");
  EXPECT_EQ(data(resource::CommandEnded{id, resource::Ending::outcome_unknown}),
            R"({"ending":"outcome_unknown"})");
  EXPECT_EQ(data(resource::NotificationRejected{"not valid CBOR", 12}),
            R"({"problem":"not valid CBOR","bytes":12})");
}

TEST(EventJson, ShowsContentWithoutAJsonFormInHex) {
  resource::ResourceRepresentationUpdated event;
  event.content = content(10000, "a1");
  const std::string data = data_of(recorded<resource::Resource>(resource::stream_of(key, light), event));
  EXPECT_NE(data.find(R"("content":{"format":10000,"hex":"a1"})"), std::string::npos) << data;
}

TEST(EventJson, ShowsWhatThisReleaseCannotReadInHex) {
  const es::StreamId stream = key.stream(device::stream_name);
  EXPECT_EQ(data_of(recorded(stream, {"DevicePainted", {0xa1, 0x01, 0x02}})), R"({"hex":"a10102"})");
  EXPECT_EQ(data_of(recorded(stream, {"DeviceConnected", {0xff}})), R"({"hex":"ff"})");
  EXPECT_EQ(data_of(recorded(key.stream("novel"), {"ChapterWritten", {0xa0}})), R"({"hex":"a0"})");
}

TEST(EventJson, IsAlwaysJson) {
  auto stored = recorded<device::Device>(key.stream(device::stream_name),
                                         device::DeviceConnected{"\"\n", "\\", "\x01"});
  stored.event.audit.principal = "user:\"al\\ice\"";
  boost::system::error_code error;
  const auto value = boost::json::parse(written(stored), error);
  ASSERT_FALSE(error);
  EXPECT_EQ(value.at("principal"), "user:\"al\\ice\"");
  EXPECT_EQ(value.at("data").at("gateway"), "\"\n");
}

}  // namespace
}  // namespace ocf::http
