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

TEST(Endpoint, CountsAddressesOfOneSubscriberAsOne) {
  const auto subscriber = [](const char* text) {
    return subscriber_of(boost::asio::ip::make_address(text)).to_string();
  };
  EXPECT_EQ(subscriber("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(subscriber("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(subscriber("2001:db8:1:2::"), subscriber("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_NE(subscriber("2001:db8:1:2::1"), subscriber("2001:db8:1:3::1"));
}

}  // namespace
}  // namespace ocf::net
