#include "ocf/device_id.hpp"

#include <gtest/gtest.h>

namespace ocf {
namespace {

TEST(DeviceId, IsReadInEitherCaseAndWrittenInLowerCase) {
  const auto id = DeviceId::parse("028ACC3A-d1a5-4246-79CD-2876cfc55916");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), "028acc3a-d1a5-4246-79cd-2876cfc55916");
  EXPECT_EQ(id->bytes()[0], 0x02);
  EXPECT_EQ(id->bytes()[15], 0x16);
}

TEST(DeviceId, IsNilByDefault) { EXPECT_EQ(DeviceId().text(), "00000000-0000-0000-0000-000000000000"); }

TEST(DeviceId, RefusesWhatIsNoUuid) {
  for (const char* text : {"", "028acc3a", "028acc3ad1a5424679cd2876cfc55916",
                           "028acc3a-d1a5-4246-79cd-2876cfc5591", "028acc3a-d1a5-4246-79cd-2876cfc559167",
                           "028acc3a-d1a5-4246-79cd-2876cfc5591g", "028acc3-ad1a5-4246-79cd-2876cfc55916",
                           "{28acc3a-d1a5-4246-79cd-2876cfc5591}", "00000000-0000-0000-0000-000000000000",
                           "028acc3a_d1a5_4246_79cd_2876cfc55916", "------------------------------------"}) {
    EXPECT_EQ(DeviceId::parse(text).error(), OcfError::malformed_device_id) << text;
  }
}

TEST(DeviceId, IsOrderedAsItsText) {
  EXPECT_LT(DeviceId::parse("00000000-0000-0000-0000-0000000000ff").value(),
            DeviceId::parse("01000000-0000-0000-0000-000000000000").value());
}

}  // namespace
}  // namespace ocf
