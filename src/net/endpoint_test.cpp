#include "net/endpoint.hpp"

#include "net/error.hpp"

#include <gtest/gtest.h>

namespace ocf::net {
namespace {

TEST(Endpoint, RoundTripsBothFamilies) {
  for (const char* text : {"127.0.0.1:5684", "0.0.0.0:0", "[::1]:65535", "[2001:db8::7]:5683"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint.has_value()) << text;
    EXPECT_EQ(to_text(*endpoint), text);
  }
}

TEST(Endpoint, RefusesWhatIsNotAnAddressAndAPort) {
  for (const char* text :
       {"", ":", "5684", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 1",
        "127.0.0.1:1x", "::1:5684", "[::1]", "[::1:5684", "[]:1", "[127.0.0.1]:1", "localhost:1"}) {
    EXPECT_EQ(parse_endpoint(text).error(), make_error_code(NetError::malformed_endpoint)) << text;
  }
}

}  // namespace
}  // namespace ocf::net
