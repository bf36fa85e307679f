#include "http/resource_request.hpp"

#include "http/error.hpp"
#include "http/hub_for_tests.hpp"

namespace ocf::http {
namespace {

class ResourceRequest : public HubForTests {
 protected:
  Result<cloud::Request> parsed(std::string_view rest, std::string_view di = "028acc3a-d1a5-4246-79cd-2876cfc55916") {
    auto target = Target::parse("/api/v1/devices/" + std::string(di) + "/resources/" + std::string(rest));
    Exchange exchange(cloud, limits, Request("GET", ""), std::move(*target));
    exchange.captures = route("GET", exchange.target.segments).captures;
    return resource_request(exchange, resource::Operation::retrieve);
  }
};

TEST_F(ResourceRequest, TakesTheHrefFromTheRestOfThePathHoweverItIsEncoded) {
  for (const char* rest : {"light/1", "light%2F1", "%2Flight%2F1", "/light/1"}) {
    const auto request = parsed(rest);
    ASSERT_TRUE(request) << rest;
    EXPECT_EQ(request->href, Href("/light/1")) << rest;
  }
}

TEST_F(ResourceRequest, KeepsItsOwnParametersAndPassesTheOthersOn) {
  const auto request = parsed("light/1?if=oic.if.baseline&live=true&timeToLive=60&x&y=a%20b");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->query, "if=oic.if.baseline&x&y=a b");
  EXPECT_TRUE(request->live);
  EXPECT_EQ(request->time_to_live, std::chrono::seconds(60));
}

TEST_F(ResourceRequest, AsksTheShadowAndDoesNotWaitUnlessToldTo) {
  const auto request = parsed("light/1?live=false");
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->live);
  EXPECT_EQ(request->time_to_live, std::nullopt);
  EXPECT_EQ(request->query, "");
}

TEST_F(ResourceRequest, RefusesParametersThatMakeNoSense) {
  for (const char* query : {"live=yes", "live", "timeToLive=", "timeToLive=0", "timeToLive=-1", "timeToLive=1s", "timeToLive=99999999999",
                            "if=a%26b", "a%26b"}) {
    const auto request = parsed("light/1?" + std::string(query));
    ASSERT_FALSE(request) << query;
    EXPECT_EQ(request.error(), HttpError::malformed_parameter) << query;
  }
}

TEST_F(ResourceRequest, RefusesMalformedNames) {
  EXPECT_EQ(parsed("light/1", "lamp").error(), OcfError::malformed_device_id);
  EXPECT_EQ(parsed("light%3F").error(), OcfError::malformed_href);
  EXPECT_EQ(parsed("light/").error(), OcfError::malformed_href);
  EXPECT_EQ(parsed(std::string(limits.href_bytes_max, 'a')).error(), OcfError::malformed_href);
}

}  // namespace
}  // namespace ocf::http
