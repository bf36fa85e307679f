// How a simulated device answers, beyond what captures_test.cpp replays.
#include "sim/machine_cloud.hpp"

#include <gtest/gtest.h>

namespace ocf::sim {
namespace {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

class ResourcesTest : public testing::Test {
 protected:
  Message get(std::string_view path, std::string_view query = {}) {
    Message request = request_for(Code::get, path, ++token_);
    if (!query.empty()) request.add(OptionNumber::uri_query, query);
    return resources_.serve(request, now_).response;
  }
  Served post(std::string_view path, std::string_view json, std::string_view query = {}) {
    Message request = request_for(Code::post, path, ++token_);
    if (!query.empty()) request.add(OptionNumber::uri_query, query);
    if (!json.empty()) request.payload = cbor::from_json(json).value();
    return resources_.serve(request, now_);
  }
  Message observe(std::string_view path, std::uint64_t token, std::uint64_t value,
                  std::string_view query = {}) {
    Message request = request_for(Code::get, path, token);
    request.add_uint(OptionNumber::observe, value);
    if (!query.empty()) request.add(OptionNumber::uri_query, query);
    return resources_.serve(request, now_).response;
  }
  std::string json(const Message& message) { return cbor::to_json(message.payload).value(); }
  Bytes etag(const Message& message) { return message.etags().empty() ? Bytes() : message.etags().front(); }

  static DeviceSettings two_lights() {
    DeviceSettings settings = test_device();
    settings.lights = 2;
    return settings;
  }

  const DeviceSettings settings_ = two_lights();
  std::mt19937_64 random_{1};
  SteadyTime now_{};
  Resources resources_{settings_, random_, Time(std::chrono::seconds(1'795'000'000)), now_};
  std::uint64_t token_ = 0;
};

TEST_F(ResourcesTest, AnswersWithTheCodesOfARealDevice) {
  EXPECT_EQ(get("/nope").code, Code::not_found);
  EXPECT_EQ(get("/light/3").code, Code::not_found);
  EXPECT_EQ(get("/light/2").code, Code::content);
  EXPECT_EQ(get("/light/1", "if=oic.if.s").code, Code::forbidden);
  EXPECT_EQ(get("/oic/res", "rt=no.such").code, Code::bad_request);
  EXPECT_EQ(post("/light/1", "").response.code, Code::changed);
  EXPECT_EQ(post("/light/1", R"({"power":"much"})").response.code, Code::bad_request);
  EXPECT_EQ(post("/oic/d", R"({"n":"x"})").response.code, Code::method_not_allowed);
  EXPECT_EQ(post("/oic/mnt", R"({"fr":true})").response.code, Code::unauthorized);
  EXPECT_EQ(post("/nope", "{}").response.code, Code::not_found);
  EXPECT_EQ(resources_.serve(request_for(Code::del, "/light/1", 1), now_).response.code,
            Code::method_not_allowed);
  EXPECT_EQ(resources_.serve(request_for(Code::put, "/light/1", 1), now_).response.code,
            Code::method_not_allowed);
  Message broken = request_for(Code::post, "/light/1", 1);
  broken.payload = {0xff, 0xff};
  EXPECT_EQ(resources_.serve(broken, now_).response.code, Code::bad_request);
}

TEST_F(ResourcesTest, APostOfOneWrongTypeChangesNothing) {
  post("/light/1", R"({"power":5,"state":1})");
  EXPECT_EQ(json(get("/light/1")), R"({"state":false,"power":0,"name":"Light"})");
  post("/light/1", R"({"power":5,"colour":"red"})");
  EXPECT_EQ(json(get("/light/1")), R"({"state":false,"power":5,"name":"Light"})");
}

TEST_F(ResourcesTest, ETagsChangeWithTheContentAndMakeAnswersValid) {
  const Bytes before = etag(get("/light/1"));
  EXPECT_EQ(before.size(), 8u);
  Message request = request_for(Code::get, "/light/1", 1);
  request.add(OptionNumber::etag, before);
  const Message valid = resources_.serve(request, now_).response;
  EXPECT_EQ(valid.code, Code::valid);
  EXPECT_EQ(etag(valid), before);
  EXPECT_TRUE(valid.payload.empty());
  post("/light/1", R"({"power":5})");
  EXPECT_EQ(resources_.serve(request, now_).response.code, Code::content);
  EXPECT_NE(etag(get("/light/1")), before);
  EXPECT_NE(etag(get("/light/2")), etag(get("/light/1")));
}

TEST_F(ResourcesTest, IncrementalBatchHasWhatChangedSinceTheETag) {
  const Bytes before = etag(get("/oic/res", "if=oic.if.b"));
  post("/light/2", R"({"power":5})");
  Message request = request_for(Code::get, "/oic/res", 1);
  request.add(OptionNumber::etag, before);
  request.add(OptionNumber::uri_query, "if=oic.if.b");
  request.add(OptionNumber::uri_query, "incChanges=");
  const Message changes = resources_.serve(request, now_).response;
  EXPECT_NE(json(changes).find("/light/2"), std::string::npos);
  EXPECT_EQ(json(changes).find("/light/1"), std::string::npos);
}

TEST_F(ResourcesTest, NotificationsStopWhenTheObserverDeregisters) {
  EXPECT_EQ(observe("/light/1", 9, 0).uint(OptionNumber::observe), 0u);
  EXPECT_EQ(post("/light/1", R"({"power":1})").notifications.size(), 1u);
  EXPECT_EQ(post("/light/2", R"({"power":1})").notifications.size(), 0u);
  const Message last = observe("/light/1", 9, 1);
  EXPECT_EQ(last.code, Code::content);
  EXPECT_EQ(last.find(OptionNumber::observe), nullptr);
  EXPECT_EQ(post("/light/1", R"({"power":2})").notifications.size(), 0u);
}

TEST_F(ResourcesTest, WhatCannotBeObservedIsAnsweredWithoutObserve) {
  const Message answer = observe("/oic/mnt", 9, 0);
  EXPECT_EQ(answer.code, Code::content);
  EXPECT_EQ(answer.find(OptionNumber::observe), nullptr);
  EXPECT_EQ(resources_.observers(), 0u);
}

TEST_F(ResourcesTest, BatchObserversGetTheChangedResourcesAlone) {
  observe("/oic/res", 9, 0, "if=oic.if.b");
  const auto served = post("/light/2", R"({"power":1})");
  ASSERT_EQ(served.notifications.size(), 1u);
  EXPECT_NE(json(served.notifications[0]).find("/light/2"), std::string::npos);
  EXPECT_EQ(json(served.notifications[0]).find("/light/1"), std::string::npos);
}

TEST_F(ResourcesTest, CreatedSwitchesAreLinkedChangedAndDeleted) {
  const char* description =
      R"({"rt":["x.switch"],"if":["oic.if.a","oic.if.baseline"],"rep":{"value":false}})";
  EXPECT_EQ(observe("/switches", 9, 0).uint(OptionNumber::observe), 0u);
  const auto created = post("/switches", description, "if=oic.if.create");
  EXPECT_EQ(created.response.code, Code::created);
  EXPECT_EQ(created.notifications.size(), 1u);
  EXPECT_NE(json(get("/switches")).find("/switches/1"), std::string::npos);
  EXPECT_EQ(post("/switches/1", R"({"value":true})").response.code, Code::changed);
  EXPECT_EQ(json(get("/switches", "if=oic.if.b")), R"([{"href":"/switches/1","rep":{"value":true}}])");

  observe("/switches/1", 10, 0);
  const auto removed = resources_.serve(request_for(Code::del, "/switches/1", 1), now_);
  EXPECT_EQ(removed.response.code, Code::deleted);
  ASSERT_EQ(removed.notifications.size(), 2u);
  EXPECT_EQ(removed.notifications[1].code, Code::not_found) << "the last word on a resource that is gone";
  EXPECT_EQ(get("/switches/1").code, Code::not_found);
  EXPECT_EQ(json(get("/switches")), "[]");
  EXPECT_EQ(resources_.observers(), 1u);
  EXPECT_EQ(json(post("/switches", description, "if=oic.if.create").response).find("/switches/1"),
            std::string::npos)
      << "hrefs are not used again";
}

TEST_F(ResourcesTest, DiscoveryNamesEveryResourceOnce) {
  const auto links = decode_links(get("/oic/res").payload).value();
  std::vector<std::string> hrefs;
  for (const auto& found : links) {
    EXPECT_EQ(found.device, settings_.device);
    hrefs.push_back(found.link.href.text());
  }
  EXPECT_EQ(hrefs, (std::vector<std::string>{"/oic/d", "/oic/p", "/light/1", "/light/2", "/switches",
                                             "/oc/con", "/oic/mnt", "/oc/wk/introspection",
                                             "/CoapCloudConfResURI", "/oic/res"}));
  EXPECT_EQ(decode_links(get("/oic/res", "rt=core.light").payload).value().size(), 2u);
}

TEST_F(ResourcesTest, PublicationHasWhatIsUnconfirmed) {
  auto links = PublishRequest::decode(resources_.publication()).value().links;
  EXPECT_EQ(links.size(), 7u);
  for (Link& link : links) link.instance = 0;  // the hub's choice: 0 is one like any other
  resources_.published(links);
  EXPECT_TRUE(resources_.publication().empty());
}

}  // namespace
}  // namespace ocf::sim
