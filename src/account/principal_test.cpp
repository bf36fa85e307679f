#include "account/principal.hpp"

#include <gtest/gtest.h>

namespace ocf::account {
namespace {

const Tenant tenant("default");
const Owner alice("alice"), bob("bob");
const DeviceId lamp = DeviceId::parse("00000000-0000-0000-0000-00000000000a").value();
const DeviceId other = DeviceId::parse("00000000-0000-0000-0000-00000000000b").value();
constexpr Right all[] = {Right::read, Right::control, Right::host, Right::manage};

Access access_of(Principal principal, Rights on_owned = 0) {
  Access access;
  access.principal = std::move(principal);
  access.on_owned = on_owned;
  return access;
}

TEST(Principal, HasATextForTheAudit) {
  EXPECT_EQ(Principal::user(tenant, alice).text(), "user:alice");
  EXPECT_EQ(Principal::of_device(tenant, alice, lamp).text(), "device:00000000-0000-0000-0000-00000000000a");
  EXPECT_EQ(Principal::gateway(tenant).text(), "gateway");
  EXPECT_EQ(Principal::system(tenant).text(), "system");
}

TEST(Access, OfAnOwnerIsWhatItSaysOnTheDevicesOfThatOwner) {
  const Access access = access_of(Principal::user(tenant, alice), Right::read | Right::control);
  EXPECT_TRUE(access.allows({tenant, lamp, alice}, Right::read));
  EXPECT_TRUE(access.allows({tenant, lamp, alice}, Right::control));
  EXPECT_FALSE(access.allows({tenant, lamp, alice}, Right::host));
  EXPECT_FALSE(access.allows({tenant, lamp, bob}, Right::read));
}

TEST(Access, EndsAtTheTenant) {
  Access access = access_of(Principal::user(tenant, alice), Right::read | Right::control);
  access.grants.push_back({lamp, Right::read | Right::host});
  for (const Right right : all) {
    EXPECT_FALSE(access.allows({Tenant("other"), lamp, alice}, right));
    EXPECT_FALSE(access_of(Principal::gateway(tenant)).allows({Tenant("other"), lamp, alice}, right));
  }
}

TEST(Access, OfNobodyIsNotThatOfDevicesWithoutOwner) {
  const Access access = access_of(Principal::user(tenant, Owner()), Right::read | Right::control);
  EXPECT_FALSE(access.allows({tenant, lamp, Owner()}, Right::read));
}

TEST(Access, ByAGrantIsForOneDevice) {
  Access access = access_of(Principal::user(tenant, bob), Right::read | Right::control);
  access.grants.push_back({lamp, static_cast<Rights>(Right::read)});
  EXPECT_TRUE(access.allows({tenant, lamp, alice}, Right::read));
  EXPECT_FALSE(access.allows({tenant, lamp, alice}, Right::control));
  EXPECT_FALSE(access.allows({tenant, other, alice}, Right::read));
}

TEST(Access, OfGatewayAndSystemIsToHostAndControl) {
  for (const Access& access : {access_of(Principal::gateway(tenant)), access_of(Principal::system(tenant))}) {
    EXPECT_TRUE(access.allows({tenant, lamp, alice}, Right::host));
    EXPECT_TRUE(access.allows({tenant, lamp, alice}, Right::control));
    EXPECT_FALSE(access.allows({tenant, lamp, alice}, Right::read));
    EXPECT_FALSE(access.allows({tenant, lamp, alice}, Right::manage));
  }
}

TEST(Access, OfADeviceIsToHostOnlyItself) {
  const Access access = access_of(Principal::of_device(tenant, alice, lamp), Right::host | Right::control);
  EXPECT_TRUE(access.allows({tenant, lamp, alice}, Right::host));
  EXPECT_TRUE(access.allows({tenant, other, alice}, Right::control));
  EXPECT_FALSE(access.allows({tenant, other, alice}, Right::host));
  EXPECT_FALSE(access.allows({tenant, lamp, bob}, Right::host));
}

}  // namespace
}  // namespace ocf::account
