#include "http/routes.hpp"

#include "http/endpoints/endpoints.hpp"
#include "http/error.hpp"

#include <gtest/gtest.h>

namespace ocf::http {
namespace {

using Captures = std::vector<std::string>;

Routed routed(std::string_view method, std::string_view path) {
  return route(method, Target::parse(path)->segments);
}

TEST(Routes, LeadEachMethodOfEachPathToItsEndpoint) {
  struct Case {
    std::string_view method, path;
    Endpoint endpoint;
    Captures captures;
  };
  const std::vector<Case> cases{
      {"GET", "/api/v1/devices", endpoints::list_devices, {}},
      {"GET", "/api/v1/devices/d", endpoints::show_device, {"d"}},
      {"DELETE", "/api/v1/devices/d", endpoints::remove_device, {"d"}},
      {"GET", "/api/v1/devices/d/history", endpoints::history, {"d"}},
      {"GET", "/api/v1/devices/d/refusals", endpoints::refusals, {"d"}},
      {"GET", "/api/v1/devices/d/resources", endpoints::list_resources, {"d"}},
      {"GET", "/api/v1/devices/d/resources/light/1", endpoints::retrieve_resource, {"d", "light/1"}},
      {"PUT", "/api/v1/devices/d/resources/light%2F1", endpoints::update_resource, {"d", "light/1"}},
      {"GET", "/api/v1/events", endpoints::events, {}},
  };
  for (const Case& one : cases) {
    const Routed found = routed(one.method, one.path);
    ASSERT_NE(found.route, nullptr) << one.method << ' ' << one.path;
    EXPECT_EQ(found.route->endpoint, one.endpoint) << one.method << ' ' << one.path;
    EXPECT_EQ(found.captures, one.captures) << one.path;
  }
}

TEST(Routes, NameTheMethodsOfAPathThatLacksTheOneAskedFor) {
  EXPECT_EQ(routed("POST", "/api/v1/devices/d").route, nullptr);
  EXPECT_EQ(routed("POST", "/api/v1/devices/d").allow, "GET, DELETE");
  EXPECT_EQ(routed("DELETE", "/api/v1/devices/d/resources/light/1").allow, "GET, PUT");
}

TEST(Routes, KnowNoOtherPath) {
  for (const char* path :
       {"/", "/api", "/api/v1", "/api/v1/", "/api/v1/devices/d/", "/api/v1/devices/d/resources/",
        "/api/v1/events/x", "/api/v2/devices", "/API/v1/devices", "/api/v1/devices/d/history/x"}) {
    EXPECT_EQ(routed("GET", path).allow, "") << path;
  }
}

TEST(BearerToken, IsWhatFollowsTheSchemeInAnyCase) {
  Request request("GET", "/");
  EXPECT_EQ(bearer_token(request).error(), HttpError::no_token);
  for (const char* value : {"Bearer abc", "bearer abc", "BEARER abc"}) {
    request.fields = {{"authorization", value}};
    ASSERT_TRUE(bearer_token(request)) << value;
    EXPECT_EQ(*bearer_token(request), "abc");
  }
  for (const char* value : {"", "Bearer", "Bearer ", "Basic YTpi", "abc"}) {
    request.fields = {{"Authorization", value}};
    EXPECT_FALSE(bearer_token(request)) << value;
  }
}

}  // namespace
}  // namespace ocf::http
