#include "ocf/payloads.hpp"

#include <gtest/gtest.h>

namespace ocf {
namespace {

// A discovery answer (oic.if.baseline) of an unmodified iotivity-lite 2.2.5 device.
constexpr char device_baseline_hex[] =
    "9fbf6272749f6a6f69632e776b2e726573ff6269669f696f69632e69662e6c6c686f69632e69662e626f6f69632e69662e62"
    "6173656c696e65ff656c696e6b739fbf66616e63686f72782a6f63663a2f2f30323861636333612d643161352d343234362d"
    "373963642d3238373663666335353931366468726566682f6c696768742f316272749f6a636f72652e6c69676874ff626966"
    "9f696f69632e69662e72776f6f69632e69662e626173656c696e65ff6170bf62626d03ff636570739fbf62657076636f6170"
    "3a2f2f3139322e302e322e323a3335333033ffbf626570781a636f61702b7463703a2f2f3139322e302e322e323a33323932"
    "31ffffffffffff";
// The answer with which its client found and used a resource through a cloud.
constexpr char client_links_hex[] =
    "81a866616e63686f72782a6f63663a2f2f61616161616161612d303030302d303030302d303030302d303030303030303030"
    "303031626469782461616161616161612d303030302d303030302d303030302d303030303030303030303031646872656678"
    "372f6f69632f726f7574652f61616161616161612d303030302d303030302d303030302d3030303030303030303030312f6c"
    "696768742f31627274816a636f72652e6c6967687462696682696f69632e69662e72776f6f69632e69662e626173656c696e"
    "656170a162626d0363696e73056365707381a16265707819636f61702b7463703a2f2f3132372e302e302e313a35363833";

Bytes hex(std::string_view text) { return from_hex(text).value(); }
const DeviceId di = DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55916").value();
const DeviceId other_di = DeviceId::parse("aaaaaaaa-0000-0000-0000-000000000001").value();

Link light(std::int64_t instance) {
  Link link;
  link.href = Href("/light/1");
  link.resource_types = {"core.light"};
  link.interfaces = {"oic.if.rw", "oic.if.baseline"};
  link.policy = policy::discoverable | policy::observable;
  link.instance = instance;
  return link;
}

TEST(DiscoveryPayload, IsByteForByteWhatARealClientUsed) {
  const std::vector<DiscoveredLink> links{{other_di, light(5), {}}};
  const Advertisement advertisement{"/oic/route", {"coap+tcp://127.0.0.1:5683"}};
  EXPECT_EQ(to_hex(encode_links(links, advertisement)), client_links_hex);
}

TEST(DiscoveryPayload, IsReadByClientsWithTheHrefVerbatim) {
  const auto links = decode_links(hex(client_links_hex)).value();
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(links[0].device, other_di);
  EXPECT_EQ(links[0].link.href, Href("/oic/route/aaaaaaaa-0000-0000-0000-000000000001/light/1"));
  EXPECT_EQ(links[0].endpoints, std::vector<std::string>{"coap+tcp://127.0.0.1:5683"});
}

TEST(DiscoveryPayload, OfARealDeviceInBaselineFormIsRead) {
  const auto links = decode_links(hex(device_baseline_hex)).value();
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(links[0].device, di);
  EXPECT_EQ(links[0].link, light(0));
  EXPECT_EQ(links[0].endpoints.size(), 2u);
}

TEST(DiscoveryPayload, InBaselineFormIsAnArrayWithOneMapOfLinks) {
  const std::vector<DiscoveredLink> links{{di, light(5), {}}};
  const Bytes list = encode_links(links, {});
  const Bytes baseline = encode_links(links, {}, DiscoveryForm::baseline);
  const std::string head =
      "81a3"
      "627274816a6f69632e776b2e726573"
      "62696683696f69632e69662e6c6c686f69632e69662e626f6f69632e69662e626173656c696e65"
      "656c696e6b73";
  EXPECT_EQ(to_hex(baseline), head + to_hex(list));
  EXPECT_EQ(decode_links(baseline).value(), decode_links(list).value());
}

TEST(DiscoveryPayload, KeepsHrefsAndOmitsEndpointsWhereNoneAreAdvertised) {
  const std::vector<DiscoveredLink> links{{di, light(5), {}}, {other_di, status_link(), {}}};
  EXPECT_EQ(decode_links(encode_links(links, {})).value(), links);
  EXPECT_EQ(to_hex(encode_links({}, {})), "80");
}

TEST(DiscoveryPayload, ByDeviceIsAMapWithTheLinksOfEach) {
  const std::vector<DiscoveredLink> links{
      {di, light(5), {}}, {di, status_link(), {}}, {other_di, light(5), {}}};
  const Bytes payload = encode_links(links, {}, DiscoveryForm::by_device);
  EXPECT_EQ(decode_links(payload).value(), links);
  const auto text = [](const DeviceId& device) { return "7824" + to_hex(as_bytes(device.text())); };
  EXPECT_TRUE(to_hex(payload).starts_with("82a2626469" + text(di) + "656c696e6b7382a7"));
  EXPECT_NE(to_hex(payload).find("a2626469" + text(other_di) + "656c696e6b7381a7"), std::string::npos);
  EXPECT_EQ(to_hex(encode_links({}, {}, DiscoveryForm::by_device)), "80");
}

TEST(DiscoveryPayload, ByDeviceSaysWhetherTheConnectionIsSecure) {
  const std::vector<DiscoveredLink> links{{di, light(5), {}}};
  const std::string secure = "6170a262626d0363736563f5";  // "p": {"bm": 3, "sec": true}
  const auto says = [&](const char* endpoint, DiscoveryForm form) {
    const Advertisement advertisement{"/oic/route", {endpoint}};
    return to_hex(encode_links(links, advertisement, form)).find(secure) != std::string::npos;
  };
  EXPECT_TRUE(says("coaps+tcp://h:1", DiscoveryForm::by_device));
  EXPECT_FALSE(says("coap+tcp://h:1", DiscoveryForm::by_device));
  EXPECT_FALSE(says("coaps+tcp://h:1", DiscoveryForm::link_list)) << "eps says it";
}

TEST(DiscoveryPayload, ShortensHrefsThatWouldBeTooLong) {
  Advertisement advertisement{"/oic/route", {}, 63};
  const auto href = [&](std::size_t bytes) {
    Link link = light(1);
    link.href = Href('/' + std::string(bytes - 1, 'x'));
    const std::vector<DiscoveredLink> links{{di, link, {}}};
    return decode_links(encode_links(links, advertisement)).value()[0].link.href.text();
  };
  EXPECT_EQ(href(16), "/oic/route/" + di.text() + '/' + std::string(15, 'x'));
  EXPECT_EQ(href(16).size(), 63u);
  EXPECT_EQ(href(17), '/' + di.text() + '/' + std::string(16, 'x'));
}

TEST(DiscoveryPayload, InBatchIsAnArrayOfHrefsAndRepresentations) {
  const DiscoveredLink link{di, light(5), {}};
  const DiscoveryEntry entry = encode_representation(link, {}, hex("a1617601"));
  EXPECT_EQ(to_hex(encode_discovery({&entry, 1}, DiscoveryForm::batch)),
            "81a26468726566682f6c696768742f3163726570a1617601");
}

TEST(DiscoveryPayload, HasNoMoreThanItsEntriesAndTheHeadsThatAreAllowedFor) {
  std::vector<DiscoveredLink> links(1000, DiscoveredLink{di, light(5), {}});
  links.push_back({other_di, light(5), {}});
  for (const DiscoveryForm form :
       {DiscoveryForm::link_list, DiscoveryForm::baseline, DiscoveryForm::by_device}) {
    std::size_t bytes = discovery_head_bytes_max;
    for (const DiscoveredLink& link : links) bytes += encode_link(link, {}, form).bytes.size();
    if (form == DiscoveryForm::by_device) bytes += 2 * discovery_device_bytes_max;
    EXPECT_LE(encode_links(links, {}, form).size(), bytes);
  }
}

TEST(DiscoveryPayload, MayHoldALinkWithAQuery) {
  Link page;
  page.href = Href("/oic/res?rt=core.light&page=1");
  const std::vector<DiscoveredLink> links{{di, page, {}}};
  EXPECT_EQ(decode_links(encode_links(links, {})).value(), links);
}

TEST(DiscoveryPayload, ThatIsNoListOfLinksIsRefused) {
  EXPECT_EQ(decode_links(hex("a0")).error(), OcfError::malformed_payload);
  EXPECT_EQ(decode_links(hex("")).error(), OcfError::malformed_payload);
  EXPECT_EQ(decode_links(hex("81a0")).error(), OcfError::missing_property);
  EXPECT_EQ(decode_links(hex("81a166616e63686f72666f63663a2f2f")).error(), OcfError::malformed_device_id);
}

}  // namespace
}  // namespace ocf
