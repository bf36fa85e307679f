#include "ocf/link.hpp"

#include <gtest/gtest.h>

namespace ocf {
namespace {

TEST(Href, IsAPathOfNonEmptySegments) {
  for (const char* text : {"/light/1", "/oic/d", "/a b",
                           "/gr\xc3\xbc\xc3\x9f"
                           "e"}) {
    ASSERT_TRUE(parse_href(text, 512)) << text;
    EXPECT_EQ(parse_href(text, 512)->text(), text);
  }
}

TEST(Href, RefusesWhatIsNoPath) {
  for (const char* text :
       {"", "/", "light", "//", "/light/", "/light//1", "/light?x", "/light#x", "/li\nght", "/li\x7fght"}) {
    EXPECT_EQ(parse_href(text, 512).error(), OcfError::malformed_href) << text;
  }
}

TEST(Href, HasALongestLength) {
  EXPECT_TRUE(parse_href("/light/1", 8));
  EXPECT_EQ(parse_href("/light/1", 7).error(), OcfError::malformed_href);
}

TEST(Href, HasSegmentsThatFitIntoAnOption) {
  const std::string segment(255, 'a');
  EXPECT_TRUE(parse_href('/' + segment, 512));
  EXPECT_TRUE(parse_href("/b/" + segment + "/c", 512));
  EXPECT_EQ(parse_href('/' + segment + 'a', 512).error(), OcfError::malformed_href);
  EXPECT_EQ(parse_href("/b/a" + segment + "/c", 512).error(), OcfError::malformed_href);
}

TEST(Link, HasAnInstanceThatIsTheCrc32OfItsHref) {
  EXPECT_EQ(instance_of(Href("123456789")), 0xcbf43926);  // the check value of CRC-32/ISO-HDLC
  EXPECT_EQ(instance_of(Href("/light/1")), instance_of(Href("/light/1")));
}

TEST(Link, KnowsItsTypesInterfacesAndPolicy) {
  const Link link = status_link();
  EXPECT_TRUE(link.has_type("x.cloud.device.status"));
  EXPECT_FALSE(link.has_type("x.cloud"));
  EXPECT_TRUE(link.has_interface("oic.if.baseline"));
  EXPECT_FALSE(link.has_interface("oic.if.rw"));
  EXPECT_TRUE(link.observable());
  EXPECT_FALSE(Link().observable());
}

}  // namespace
}  // namespace ocf
