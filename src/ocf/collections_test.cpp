#include "ocf/collections.hpp"

#include "cbor/cbor.hpp"

#include <gtest/gtest.h>

namespace ocf {
namespace {

const DeviceId device = DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55916").value();
const Limits limits;

Bytes from_json(std::string_view json) { return cbor::from_json(json).value(); }
std::string to_json(ByteView bytes) { return cbor::to_json(bytes).value(); }

TEST(DecodeBatch, CutsABatchIntoItsItems) {
  Bytes payload;
  cbor::Writer writer(payload);
  writer.array(2);
  writer.map(4)
      .text("href")
      .text("ocf://" + device.text() + "/light/1")
      .text("rt")
      .array(1)
      .text("core.light");
  writer.text("etag").bytes(Bytes{1, 2, 3}).text("rep").map(1).text("power").uint(5);
  writer.map(2).text("rep").map(0).text("href").text("/oic/mnt");

  const auto items = decode_batch(payload, device, limits);
  ASSERT_TRUE(items);
  ASSERT_EQ(items->size(), 2u);
  EXPECT_EQ((*items)[0].href.text(), "/light/1");
  EXPECT_EQ((*items)[0].etag, (Bytes{1, 2, 3}));
  EXPECT_EQ(to_json((*items)[0].representation), R"({"power":5})");
  EXPECT_EQ((*items)[1].href.text(), "/oic/mnt");
  EXPECT_TRUE((*items)[1].etag.empty());
}

TEST(DecodeBatch, LeavesOutWhatIsNotOfTheDevice) {
  const auto items = decode_batch(
      from_json(
          R"([{"href":"ocf://00000000-0000-0000-0000-000000000001/a","rep":{}},{"href":"/b"},{"rep":1}])"),
      device, limits);
  ASSERT_TRUE(items);
  EXPECT_TRUE(items->empty());
}

TEST(DecodeBatch, RefusesWhatIsNoBatch) {
  EXPECT_EQ(decode_batch(from_json(R"({"href":"/a"})"), device, limits).error(), OcfError::malformed_payload);
  EXPECT_EQ(decode_batch({}, device, limits).error(), OcfError::malformed_payload);
  const Bytes whole = from_json(R"([{"href":"/light/1","rep":{"power":5}}])");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_batch(ByteView(whole).first(size), device, limits)) << size;
}

TEST(DecodeBatch, MayTellOfAsManyResourcesAsADeviceMayHave) {
  Bytes payload;
  cbor::Writer writer(payload);
  writer.array(limits.links_per_device_max);
  for (std::size_t i = 0; i < limits.links_per_device_max; ++i) {
    writer.map(2).text("href").text("/light/" + std::to_string(i)).text("rep").map(8);
    for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "h"}) writer.text(key).uint(i);
  }
  const auto items = decode_batch(payload, device, limits);
  ASSERT_TRUE(items);
  EXPECT_EQ(items->size(), limits.links_per_device_max);
}

Advertisement hub() {
  Advertisement advertisement;
  advertisement.route = "/oic/route";
  advertisement.endpoints = {"coaps+tcp://hub:5684"};
  return advertisement;
}

std::string routed(std::string_view json) {
  const auto bytes = with_routed_hrefs(from_json(json), device, hub(), limits);
  return bytes ? to_json(*bytes) : bytes.error().message();
}

TEST(RoutedHrefs, LeadThroughTheHub) {
  EXPECT_EQ(
      routed(R"([{"href":"/switches/1","rt":["oic.r.switch.binary"],"eps":[{"ep":"coap://192.0.2.2:1"}]}])"),
      R"([{"href":"/oic/route/028acc3a-d1a5-4246-79cd-2876cfc55916/switches/1",)"
      R"("rt":["oic.r.switch.binary"],"eps":[{"ep":"coaps+tcp://hub:5684"}]}])");
}

TEST(RoutedHrefs, OfABatchToo) {
  EXPECT_EQ(
      routed(R"([{"href":"ocf://028acc3a-d1a5-4246-79cd-2876cfc55916/switches/1","rep":{"href":"/x"}}])"),
      R"([{"href":"/oic/route/028acc3a-d1a5-4246-79cd-2876cfc55916/switches/1","rep":{"href":"/x"}}])");
}

TEST(RoutedHrefs, OfTheLinksInABaselineRepresentation) {
  EXPECT_EQ(
      routed(R"({"rt":["oic.wk.col"],"links":[{"href":"/a"}]})"),
      R"({"rt":["oic.wk.col"],"links":[{"href":"/oic/route/028acc3a-d1a5-4246-79cd-2876cfc55916/a"}]})");
}

TEST(RoutedHrefs, LeaveEverythingElseAsItIs) {
  for (const char* json :
       {R"({"power":1})", R"([])", R"([1,"/a"])", R"([{"href":"https://example.com/a"}])", "5"})
    EXPECT_EQ(routed(json), json);
}

}  // namespace
}  // namespace ocf
