#include "gateway/endpoints/routing_path.hpp"

#include <gtest/gtest.h>

namespace ocf::gateway {
namespace {

constexpr std::string_view di = "028acc3a-d1a5-4246-79cd-2876cfc55916";

TEST(RoutingPath, HasThreeForms) {
  for (const std::string prefix : {"/oic/route/", "/api/v1/devices/", "/"}) {
    const auto path = parse_routing_path(prefix + std::string(di) + "/light/1", 512);
    ASSERT_TRUE(path) << prefix;
    EXPECT_EQ(path->device.text(), di);
    EXPECT_EQ(path->href.text(), "/light/1");
  }
}

TEST(RoutingPath, IsNothingElse) {
  for (const std::string& path :
       {std::string("/oic/res"), std::string("/"), std::string("/oic/route/") + std::string(di),
        std::string("/oic/route/not-a-uuid/light/1"), "/" + std::string(di)}) {
    EXPECT_FALSE(is_routing_path(path)) << path;
  }
}

TEST(RoutingPath, BoundsTheHref) {
  const std::string path = "/oic/route/" + std::string(di) + '/' + std::string(600, 'x');
  EXPECT_TRUE(is_routing_path(path));
  EXPECT_FALSE(parse_routing_path(path, 512));
}

}  // namespace
}  // namespace ocf::gateway
