#include "ocf/payloads.hpp"

#include <gtest/gtest.h>

namespace ocf {
namespace {

// A publication of an unmodified iotivity-lite 2.2.5 device.
constexpr char publish_request_hex[] =
    "bf626469782430323861636333612d643161352d343234362d373963642d323837366366633535393136616e646465763163"
    "74746c00656c696e6b739fbf6468726566662f6f69632f646272749f716f69632e642e636c6f7564446576696365686f6963"
    "2e776b2e64ff6269669f686f69632e69662e726f6f69632e69662e626173656c696e65ff6372656c65686f73747363696e73"
    "1ab54aa2606170bf62626d03ffffbf6468726566662f6f69632f706272749f686f69632e776b2e70ff6269669f686f69632e"
    "69662e726f6f69632e69662e626173656c696e65ff6372656c65686f73747363696e731a01c52dea6170bf62626d03ffffbf"
    "6468726566682f6c696768742f316272749f6a636f72652e6c69676874ff6269669f696f69632e69662e72776f6f69632e69"
    "662e626173656c696e65ff6372656c65686f73747363696e731a50ef1d066170bf62626d03ffffbf6468726566692f737769"
    "74636865736272749f6a6f69632e776b2e636f6cff6269669f696f69632e69662e6c6c6d6f69632e69662e63726561746568"
    "6f69632e69662e626f6f69632e69662e626173656c696e65ff6372656c65686f73747363696e731a130772856170bf62626d"
    "03ffffbf6468726566672f6f632f636f6e6272749f6a6f69632e776b2e636f6eff6269669f696f69632e69662e72776f6f69"
    "632e69662e626173656c696e65ff6372656c65686f73747363696e731abb78e5406170bf62626d03ffffbf6468726566682f"
    "6f69632f6d6e746272749f6a6f69632e776b2e6d6e74ff6269669f696f69632e69662e72776f6f69632e69662e626173656c"
    "696e65ff6372656c65686f73747363696e731aecb0c1f26170bf62626d01ffffffff";

Bytes hex(std::string_view text) { return from_hex(text).value(); }
const DeviceId di = DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55916").value();

Link light(std::int64_t instance) {
  Link link;
  link.href = Href("/light/1");
  link.resource_types = {"core.light"};
  link.interfaces = {"oic.if.rw", "oic.if.baseline"};
  link.policy = policy::discoverable | policy::observable;
  link.instance = instance;
  return link;
}

TEST(SelectionPayload, IsAMapWithTheBias) {
  EXPECT_EQ(to_hex(encode_selection(50)),
            "a362727481696f69632e776b2e7264626966816f6f69632e69662e626173656c696e656373656c1832");
}

TEST(PublishPayload, OfARealDeviceIsRead) {
  const auto request = PublishRequest::decode(hex(publish_request_hex)).value();
  EXPECT_EQ(request.device, di);
  EXPECT_EQ(request.name, "dev1");
  EXPECT_EQ(request.ttl, 0);
  ASSERT_EQ(request.links.size(), 6u);
  EXPECT_EQ(request.links[0].href, Href("/oic/d"));
  EXPECT_EQ(request.links[0].resource_types, (std::vector<std::string>{"oic.d.cloudDevice", "oic.wk.d"}));
  EXPECT_EQ(request.links[2], light(0x50ef1d06));
  EXPECT_EQ(request.links[5].href, Href("/oic/mnt"));
  EXPECT_FALSE(request.links[5].observable());
}

TEST(PublishPayload, IsReadAsItWasWritten) {
  Link titled = light(7);
  titled.title = "Lamp";
  const PublishRequest request{di, {light(5), titled}, 3600, "dev1"};
  EXPECT_EQ(PublishRequest::decode(request.encode()).value(), request);
  const PublishAnswer answer{di, {titled}, 0};
  EXPECT_EQ(PublishAnswer::decode(answer.encode()).value(), answer);
}

TEST(PublishPayload, TakesALinkWithItsHrefAlone) {
  // {"di": …, "links": [{"href": "/a", "rel": ["hosts"]}], "lt": 60}
  Bytes payload = hex("a36264697824");
  const std::string text = di.text();
  payload.insert(payload.end(), text.begin(), text.end());
  const Bytes rest = hex("656c696e6b7381a26468726566622f616372656c8165686f737473626c74183c");
  payload.insert(payload.end(), rest.begin(), rest.end());
  const auto request = PublishRequest::decode(payload).value();
  Link expected;
  expected.href = Href("/a");
  EXPECT_EQ(request.links, std::vector<Link>{expected});
  EXPECT_EQ(request.ttl, 60);
}

TEST(PublishPayload, IsRefusedWithALifetimeThatIsNone) {
  for (const std::int64_t ttl : {std::int64_t{-1}, std::int64_t{0x100000000}, INT64_MIN, INT64_MAX}) {
    const PublishRequest request{di, {light(1)}, ttl, ""};
    EXPECT_EQ(PublishRequest::decode(request.encode()).error(), OcfError::malformed_lifetime) << ttl;
  }
  const PublishRequest longest{di, {light(1)}, 0xffffffff, ""};
  EXPECT_EQ(PublishRequest::decode(longest.encode()).value(), longest);
}

TEST(PublishPayload, DropsPolicyBitsThatTheHubDoesNotKnow) {
  PublishRequest request{di, {light(1)}, 0, ""};
  request.links[0].policy = 0x10 | 0x40 | policy::observable;
  EXPECT_EQ(PublishRequest::decode(request.encode()).value().links[0].policy, policy::observable);
}

TEST(PublishPayload, IsRefusedForWhatItLacks) {
  EXPECT_EQ(PublishRequest::decode(hex("a1656c696e6b7380")).error(), OcfError::missing_property);  // no di
  Bytes no_links = hex("a16264697824");
  const std::string text = di.text();
  no_links.insert(no_links.end(), text.begin(), text.end());
  EXPECT_EQ(PublishRequest::decode(no_links).error(), OcfError::missing_property);
  EXPECT_EQ(PublishRequest::decode(hex("a1656c696e6b7381a0")).error(),
            OcfError::missing_property);  // no href
}

TEST(PublishPayload, IsRefusedForAnHrefThatIsNone) {
  PublishRequest request{di, {light(1)}, 0, ""};
  request.links[0].href = Href("light");
  EXPECT_EQ(PublishRequest::decode(request.encode()).error(), OcfError::malformed_href);
  Limits limits;
  limits.href_bytes_max = 7;
  request.links[0].href = Href("/light/1");
  EXPECT_EQ(PublishRequest::decode(request.encode(), limits).error(), OcfError::malformed_href);
}

TEST(PublishPayload, MayHoldAsManyLinksAsADeviceMayHave) {
  const Limits limits;
  PublishRequest request{di, std::vector<Link>(limits.links_per_device_max, light(0xffffffff)), 0, ""};
  EXPECT_EQ(PublishRequest::decode(request.encode(), limits).value(), request);
}

TEST(PublishPayload, IsRefusedAboveTheLimitOfItems) {
  Limits limits;
  limits.links_per_device_max = 1;
  limits.cbor_items_max = 32;
  const PublishRequest request{di, std::vector<Link>(3, light(1)), 0, ""};
  EXPECT_EQ(PublishRequest::decode(request.encode(), limits).error(), OcfError::malformed_payload);
}

}  // namespace
}  // namespace ocf
