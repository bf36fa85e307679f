#include "account/holder.hpp"

#include "es/error.hpp"
#include "tests/given.hpp"

#include <gtest/gtest.h>

namespace ocf::account {
namespace {

using testing::given;
using testing::then;

const Tenant tenant("default");
const Owner alice("alice"), bob("bob");
const DeviceId lamp = DeviceId::parse("00000000-0000-0000-0000-00000000000a").value();
const es::StreamId stream = Holder::stream(tenant, lamp);

Access user(const Owner& owner, Rights rights) {
  Access access;
  access.principal = Principal::user(tenant, owner);
  access.on_owned = rights;
  return access;
}
ReleaseDevice release(Registration registration, Rights rights = static_cast<Rights>(Right::manage)) {
  return {user(alice, rights), {tenant, lamp, alice}, registration};
}
const Holder::Event claimed_by_alice = DeviceClaimed{alice, 1, "g1"};

TEST(Holder, OfADeviceThatNobodyHoldsIsWhoeverClaimsIt) {
  EXPECT_EQ(given<Holder>({}).when(ClaimDevice{alice, "g1"}), then<Holder>({DeviceClaimed{alice, 1, "g1"}}));
}

TEST(Holder, StaysForARetryOfTheSameOnboarding) {
  EXPECT_EQ(given<Holder>({claimed_by_alice}).when(ClaimDevice{alice, "g1"}), then<Holder>({}));
}

TEST(Holder, BeginsTheNextRegistrationWithANewOnboarding) {
  EXPECT_EQ(given<Holder>({claimed_by_alice}).when(ClaimDevice{alice, "g2"}),
            then<Holder>({DeviceClaimed{alice, 2, "g2"}}));
}

TEST(Holder, IsNotReplacedByAnother) {
  for (const char* grant : {"g1", "g2"}) {
    EXPECT_EQ(given<Holder>({claimed_by_alice}).when(ClaimDevice{bob, grant}).error(),
              AuthorizationError::held_by_another);
  }
}

TEST(Holder, IsAnybodyAfterARelease) {
  const std::vector<Holder::Event> history{claimed_by_alice, DeviceReleased{1}};
  EXPECT_EQ(given<Holder>(history).when(ClaimDevice{bob, "g2"}), then<Holder>({DeviceClaimed{bob, 2, "g2"}}));
  EXPECT_EQ(given<Holder>(history).when(ClaimDevice{alice, "g1"}),
            then<Holder>({DeviceClaimed{alice, 2, "g1"}}));
}

TEST(Holder, ReleasesToWhoeverMayManageOrHost) {
  EXPECT_EQ(given<Holder>({claimed_by_alice}).when(release(1)), then<Holder>({DeviceReleased{1}}));
  EXPECT_EQ(given<Holder>({claimed_by_alice}).when(release(1, static_cast<Rights>(Right::host))),
            then<Holder>({DeviceReleased{1}}));
}

TEST(Holder, DeniesAReleaseToOthers) {
  const auto holder = given<Holder>({claimed_by_alice});
  EXPECT_EQ(holder.when(release(1, Right::read | Right::control)).error(),
            AuthorizationError::permission_denied);
  const ReleaseDevice by_bob{user(bob, 0x0f), {tenant, lamp, alice}, 1};
  EXPECT_EQ(holder.when(by_bob).error(), AuthorizationError::permission_denied);
  EXPECT_EQ(given<Holder>({}).when(by_bob).error(), AuthorizationError::permission_denied);
}

TEST(Holder, IgnoresTheReleaseOfARegistrationThatIsNotCurrent) {
  EXPECT_EQ(given<Holder>({}).when(release(1)), then<Holder>({}));
  EXPECT_EQ(given<Holder>({claimed_by_alice, DeviceReleased{1}}).when(release(1)), then<Holder>({}));
  EXPECT_EQ(given<Holder>({claimed_by_alice, DeviceClaimed{alice, 2, "g2"}}).when(release(1)),
            then<Holder>({}));
}

TEST(HolderCodec, WritesTheseBytesForEver) {
  const auto claimed = Holder::encode(claimed_by_alice);
  EXPECT_EQ(claimed.type, "DeviceClaimed");
  EXPECT_EQ(to_hex(claimed.data),
            "a30165616c69636502010362"
            "6731");
  const auto released = Holder::encode(DeviceReleased{300});
  EXPECT_EQ(released.type, "DeviceReleased");
  EXPECT_EQ(to_hex(released.data), "a10119012c");
}

TEST(HolderCodec, ReadsWhatItWrote) {
  for (const Holder::Event& event : {claimed_by_alice, Holder::Event(DeviceReleased{7})}) {
    EXPECT_EQ(testing::stored_and_read<Holder>(event, stream), event);
  }
}

TEST(HolderCodec, SkipsWhatANewerReleaseAdded) {
  auto recorded = testing::recorded<Holder>(DeviceReleased{7}, stream);
  recorded.event.data = from_hex(
                            "a2"
                            "0107"
                            "1782f6a0")
                            .value();
  EXPECT_EQ(Holder::decode(recorded).value(), Holder::Event(DeviceReleased{7}));
  recorded.event.type = "DeviceLent";
  EXPECT_FALSE(Holder::decode(recorded).value());
}

TEST(HolderCodec, RefusesBytesThatAreNoEvent) {
  auto recorded = testing::recorded<Holder>(DeviceReleased{7}, stream);
  for (const char* data : {"", "a1", "a10161", "80", "a1010700"}) {
    recorded.event.data = from_hex(data).value();
    EXPECT_EQ(Holder::decode(recorded).error(), es::StoreError::malformed_event) << data;
  }
}

TEST(Holder, FoldsAlikeFromAnyPrefix) {
  const auto command = [](const Holder::State& state, std::mt19937& random) -> Holder::Command {
    if (random() % 3 == 0) return release(state.registration);
    return ClaimDevice{random() % 2 == 0 ? alice : bob, std::to_string(random() % 4)};
  };
  const auto history = testing::random_history<Holder>(1, 200, command);
  EXPECT_GT(history.size(), 40u);
  EXPECT_TRUE(testing::folds_alike<Holder>(history));
}

}  // namespace
}  // namespace ocf::account
