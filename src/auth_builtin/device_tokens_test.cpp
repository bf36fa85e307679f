#include "auth_builtin/device_tokens.hpp"

#include "account/authorization.hpp"
#include "es/error.hpp"
#include "tests/given.hpp"

#include <gtest/gtest.h>

namespace ocf::auth_builtin {
namespace {

using account::AuthorizationError;
using ocf::testing::folds_alike;
using ocf::testing::given;
using ocf::testing::random_history;
using ocf::testing::recorded;
using ocf::testing::stored_and_read;
using ocf::testing::then;
using std::chrono::seconds;
using Event = DeviceTokens::Event;
using History = std::vector<Event>;

const account::Owner alice("alice"), bob("bob");
constexpr Time start{std::chrono::milliseconds(1'700'000'000'000)};
constexpr Time retry_until = start + seconds(300);
constexpr Time later = start + seconds(3600);

Digest digest(std::uint8_t number) {
  Digest digest{};
  digest.fill(number);
  return digest;
}
// The refresh token of generation n has digest(n), the lineage of family fN digest(0xN0).
const Event started = FamilyStarted{"f1", alice, digest(0x10), digest(1), start, retry_until};
const Event used_1 = GenerationUsed{"f1", 1};
const Event issued_2 = PairIssued{"f1", 2, 1, digest(2)};
const Event used_2 = GenerationUsed{"f1", 2};

FamilyStarted another(std::string family, const account::Owner& owner, std::uint8_t lineage,
                      Time at = start) {
  return {std::move(family), owner, digest(lineage), digest(static_cast<std::uint8_t>(lineage + 1)), at,
          at + seconds(300)};
}
StartFamily start_of(const FamilyStarted& event) {
  return {event.family, event.owner, event.lineage, event.refresh_token, event.started, event.retry_until};
}
RotateRefreshToken rotate(std::uint8_t presented, std::uint8_t next, Time now = later) {
  return {digest(0x10), digest(presented), {}, digest(next), now};
}
UseGeneration use(std::uint32_t generation) { return {"f1", generation, alice, later}; }
const Event reused = FamilyRevoked{"f1", Revocation::refresh_token_reused, std::nullopt};

Error refusal(const History& history, const DeviceTokens::Command& command) {
  return given<DeviceTokens>(history).when(command).error();
}
const Error refused = make_error_code(AuthorizationError::refused);
const Error used_before = make_error_code(AuthorizationError::reused);

TEST(DeviceTokens, StartAFamilyWithItsFirstPair) {
  EXPECT_EQ(given<DeviceTokens>({}).when(start_of(std::get<FamilyStarted>(started))),
            then<DeviceTokens>({started}));
}

TEST(DeviceTokens, GiveAnotherPairUntilOneWasUsed) {
  StartFamily again = start_of(std::get<FamilyStarted>(started));
  again.refresh_token = digest(2);
  EXPECT_EQ(given<DeviceTokens>({started}).when(again), then<DeviceTokens>({issued_2}));
  again.refresh_token = digest(3);
  EXPECT_EQ(given<DeviceTokens>({started, issued_2}).when(again),
            then<DeviceTokens>({PairIssued{"f1", 3, 2, digest(3)}}));
}

TEST(DeviceTokens, RevokeAFamilyWhoseCodeIsShownAfterItsFirstUse) {
  const StartFamily again = start_of(std::get<FamilyStarted>(started));
  const Event replayed = FamilyRevoked{"f1", Revocation::code_replayed, retry_until};
  for (const History& history :
       {History{started, used_1}, History{started, issued_2, used_1}, History{started, used_1, issued_2}}) {
    EXPECT_EQ(given<DeviceTokens>(history).when(again), then<DeviceTokens>({replayed}));
  }
  EXPECT_EQ(refusal({started, used_1, replayed}, again), used_before);
}

TEST(DeviceTokens, RememberARevocationThatOvertookTheStart) {
  const RevokeFamily overtaking{"f1", Revocation::code_replayed, start, retry_until};
  const Event revoked = FamilyRevoked{"f1", Revocation::code_replayed, retry_until};
  EXPECT_EQ(given<DeviceTokens>({}).when(overtaking), then<DeviceTokens>({revoked}));
  EXPECT_EQ(given<DeviceTokens>({revoked}).when(overtaking), then<DeviceTokens>({}));
  EXPECT_EQ(refusal({revoked}, start_of(std::get<FamilyStarted>(started))), used_before);
  const RevokeFamily pointless{"f1", Revocation::code_replayed, retry_until, retry_until};
  EXPECT_EQ(given<DeviceTokens>({}).when(pointless), then<DeviceTokens>({}));
}

TEST(DeviceTokens, ForgetARevokedFamilyOnceItsCodeIsWorthless) {
  const History history{started, FamilyRevoked{"f1", Revocation::signed_off, retry_until}};
  EXPECT_EQ(given<DeviceTokens>(history).state.families.size(), 1u);
  History after = history;
  after.push_back(another("f2", alice, 0x20, retry_until));
  EXPECT_EQ(given<DeviceTokens>(after).state.families.size(), 1u);
}

TEST(DeviceTokens, ReplaceAFamilyOfTheSameOwnerThatWasNeverUsed) {
  const FamilyStarted next = another("f2", alice, 0x20);
  EXPECT_EQ(given<DeviceTokens>({started}).when(start_of(next)),
            then<DeviceTokens>({FamilyRevoked{"f1", Revocation::superseded, retry_until}, next}));
  EXPECT_EQ(given<DeviceTokens>({started, used_1}).when(start_of(next)), then<DeviceTokens>({next}));
}

TEST(DeviceTokens, OfAnotherOwnerAreLeftAlone) {
  const FamilyStarted next = another("f2", bob, 0x20);
  EXPECT_EQ(given<DeviceTokens>({started}).when(start_of(next)), then<DeviceTokens>({next}));
  EXPECT_EQ(given<DeviceTokens>({started, next}).when(UseGeneration{"f2", 1, bob, later}),
            then<DeviceTokens>({GenerationUsed{"f2", 1}}));
}

TEST(DeviceTokens, AreSupersededByTheFirstUseOfTheOwnersNextFamily) {
  const FamilyStarted next = another("f2", alice, 0x20);
  const UseGeneration first_use{"f2", 1, alice, later};
  EXPECT_EQ(given<DeviceTokens>({started, used_1, next}).when(first_use),
            then<DeviceTokens>(
                {GenerationUsed{"f2", 1}, FamilyRevoked{"f1", Revocation::superseded, std::nullopt}}));
}

TEST(DeviceTokens, AreOfSoManyFamiliesAtMost) {
  History history;
  for (std::size_t number = 0; number < families_max; ++number) {
    history.push_back(
        another("of" + std::to_string(number), account::Owner("o" + std::to_string(number)), 0x20));
  }
  EXPECT_EQ(refusal(history, start_of(std::get<FamilyStarted>(started))), refused);
  history.pop_back();
  EXPECT_FALSE(refusal(history, start_of(std::get<FamilyStarted>(started))));
}

TEST(DeviceTokens, StoreTheFirstUseOfAGenerationOnly) {
  EXPECT_EQ(given<DeviceTokens>({started}).when(use(1)), then<DeviceTokens>({used_1}));
  EXPECT_EQ(given<DeviceTokens>({started, used_1}).when(use(1)), then<DeviceTokens>({}));
  EXPECT_EQ(given<DeviceTokens>({started, used_1, issued_2}).when(use(1)), then<DeviceTokens>({}));
  EXPECT_EQ(given<DeviceTokens>({started, used_1, issued_2}).when(use(2)), then<DeviceTokens>({used_2}));
  EXPECT_EQ(given<DeviceTokens>({started, issued_2}).when(use(1)), then<DeviceTokens>({used_1}));
}

TEST(DeviceTokens, RefuseAGenerationThatIsRetiredOrNeverWas) {
  EXPECT_EQ(refusal({started, used_1, issued_2, used_2}, use(1)), refused);
  EXPECT_EQ(refusal({started}, use(2)), refused);
  EXPECT_EQ(refusal({started}, use(0)), refused);
  EXPECT_EQ(refusal({}, use(1)), refused);
  EXPECT_EQ(refusal({started}, UseGeneration{"f2", 1, alice, later}), refused);
  EXPECT_EQ(refusal({started}, UseGeneration{"f1", 1, bob, later}), refused);
}

TEST(DeviceTokens, RotateWithTheCurrentRefreshToken) {
  EXPECT_EQ(given<DeviceTokens>({started, used_1}).when(rotate(1, 2)), then<DeviceTokens>({issued_2}));
  EXPECT_EQ(given<DeviceTokens>({started}).when(rotate(1, 2)), then<DeviceTokens>({used_1, issued_2}))
      << "to refresh is to use";
}

TEST(DeviceTokens, RotateWithTheOneBeforeUntilTheNewPairIsUsed) {
  const History lost{started, used_1, issued_2};
  const Event issued_3 = PairIssued{"f1", 3, 1, digest(3)};
  EXPECT_EQ(given<DeviceTokens>(lost).when(rotate(1, 3)), then<DeviceTokens>({issued_3}));
  EXPECT_EQ(given<DeviceTokens>({started, used_1, issued_2, issued_3}).when(rotate(1, 4)),
            then<DeviceTokens>({PairIssued{"f1", 4, 1, digest(4)}}));
  EXPECT_EQ(given<DeviceTokens>({started, used_1, issued_2, issued_3}).when(rotate(3, 4)),
            then<DeviceTokens>({GenerationUsed{"f1", 3}, PairIssued{"f1", 4, 3, digest(4)}}));
}

TEST(DeviceTokens, RevokeTheFamilyOfARefreshTokenThatComesBack) {
  EXPECT_EQ(given<DeviceTokens>({started, used_1, issued_2, used_2}).when(rotate(1, 3)),
            then<DeviceTokens>({reused}));
  const History replaced{started, used_1, issued_2, PairIssued{"f1", 3, 1, digest(3)}};
  EXPECT_EQ(given<DeviceTokens>(replaced).when(rotate(2, 4)), then<DeviceTokens>({reused}))
      << "who has the answer that was lost?";
}

TEST(DeviceTokens, RefuseAForeignRefreshTokenWithoutAnEvent) {
  RotateRefreshToken foreign = rotate(1, 2);
  foreign.lineage = digest(0x20);
  EXPECT_EQ(refusal({started}, foreign), refused);
  RotateRefreshToken of_bob = rotate(1, 2);
  of_bob.owner = bob;
  EXPECT_EQ(refusal({started}, of_bob), refused);
}

TEST(DeviceTokens, OfARevokedFamilyAreWorthNothing) {
  for (const auto remember_until : {std::optional<Time>(), std::optional<Time>(later + seconds(1))}) {
    const History history{started, used_1, FamilyRevoked{"f1", Revocation::signed_off, remember_until}};
    EXPECT_EQ(refusal(history, use(1)), refused);
    EXPECT_EQ(refusal(history, rotate(1, 2)), refused);
    EXPECT_FALSE(given<DeviceTokens>(history).state.has_living(alice));
    EXPECT_EQ(given<DeviceTokens>(history).state.issued(digest(1)), nullptr);
    RotateRefreshToken nothing = rotate(0, 2);
    nothing.lineage = Digest{};
    EXPECT_EQ(refusal(history, nothing), refused);
  }
}

TEST(DeviceTokens, AreAllRevokedAtSignOffButThoseOfWhoeverComesNext) {
  const FamilyStarted next = another("f2", bob, 0x20);
  const History history{started, used_1, next};
  EXPECT_EQ(given<DeviceTokens>(history).when(RevokeAll{alice, later}),
            then<DeviceTokens>({FamilyRevoked{"f1", Revocation::signed_off, std::nullopt},
                                FamilyRevoked{"f2", Revocation::signed_off, std::nullopt}}))
      << "nobody comes with that code any more";
  const Time meanwhile = retry_until - seconds(1);
  EXPECT_EQ(given<DeviceTokens>(history).when(RevokeAll{alice, meanwhile}),
            then<DeviceTokens>({FamilyRevoked{"f1", Revocation::signed_off, retry_until}}));
  EXPECT_EQ(given<DeviceTokens>(history).when(RevokeAll{bob, meanwhile}),
            then<DeviceTokens>({FamilyRevoked{"f2", Revocation::signed_off, retry_until}}));
  EXPECT_EQ(given<DeviceTokens>({}).when(RevokeAll{alice, later}), then<DeviceTokens>({}));
}

const es::StreamId stream(account::Tenant("default"), "d", 0, "tokens");

TEST(DeviceTokens, ReadWhatTheyWrote) {
  for (const Event& event :
       {started, issued_2, used_1, reused, Event(FamilyRevoked{"f1", Revocation::superseded, retry_until})}) {
    EXPECT_EQ(stored_and_read<DeviceTokens>(event, stream), event);
    es::RecordedEvent stored = recorded<DeviceTokens>(event, stream);
    stored.event.data.pop_back();
    EXPECT_EQ(DeviceTokens::decode(stored).error(), make_error_code(es::StoreError::malformed_event));
    stored.event.type = "TokenEventOfANewerRelease";
    EXPECT_EQ(DeviceTokens::decode(stored).value(), std::nullopt);
  }
}

TEST(DeviceTokens, RefuseToReadADigestOfAnotherLength) {
  es::RecordedEvent stored = recorded<DeviceTokens>(issued_2, stream);
  stored.event.data = from_hex("a1044101").value();
  EXPECT_EQ(DeviceTokens::decode(stored).error(), make_error_code(es::StoreError::malformed_event));
}

// A command on one of the families that are there, or on a new one.
DeviceTokens::Command random_command(const DeviceTokens::State& state, std::mt19937& random) {
  const Time now = start + seconds(random() % 1000);
  const Digest next = digest(static_cast<std::uint8_t>(random()));
  const account::Owner owner(random() % 2 == 0 ? "alice" : "bob");
  if (state.families.empty() || random() % 8 == 0) {
    return StartFamily{"f" + std::to_string(random()),
                       owner,
                       digest(static_cast<std::uint8_t>(random())),
                       next,
                       now,
                       now + seconds(300)};
  }
  const DeviceTokens::Family& family = state.families[random() % state.families.size()];
  const DeviceTokens::Generation& shown =
      family.previous && random() % 2 == 0 ? *family.previous : family.current;
  switch (random() % 20) {
    case 0: return RevokeAll{owner, now};
    case 1: return RevokeFamily{family.id, Revocation::code_replayed, now, now + seconds(9)};
    case 2: return RotateRefreshToken{family.lineage, next, {}, next, now};
    case 3:
    case 4: return StartFamily{family.id, family.owner, family.lineage, next, now, family.retry_until};
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
    case 10: return RotateRefreshToken{family.lineage, shown.refresh_token, {}, next, now};
    default: return UseGeneration{family.id, shown.number, family.owner, now};
  }
}

TEST(DeviceTokens, FoldAlikeHoweverTheHistoryIsCut) {
  const auto history = random_history<DeviceTokens>(1, 800, random_command);
  EXPECT_GT(history.size(), 100u);
  EXPECT_TRUE(folds_alike<DeviceTokens>(history));
}

// Stored: never change what these bytes mean (docs/wire/events-authorization.md).
TEST(DeviceTokens, AreStoredAsDocumented) {
  const std::string d2 = to_hex(digest(2));
  EXPECT_EQ(DeviceTokens::encode(started).type, "TokenFamilyStarted");
  EXPECT_EQ(to_hex(DeviceTokens::encode(started).data),
            "a6"
            "01626631"
            "0265616c696365"
            "035820" +
                to_hex(digest(0x10)) + "045820" + to_hex(digest(1)) +
                "051b0000018bcfe56800"
                "061b0000018bcfe9fbe0");
  EXPECT_EQ(DeviceTokens::encode(issued_2).type, "TokenPairIssued");
  EXPECT_EQ(to_hex(DeviceTokens::encode(issued_2).data),
            "a4"
            "01626631"
            "0202"
            "0301"
            "045820" +
                d2);
  EXPECT_EQ(DeviceTokens::encode(used_2).type, "TokenGenerationUsed");
  EXPECT_EQ(to_hex(DeviceTokens::encode(used_2).data),
            "a2"
            "01626631"
            "0202");
  EXPECT_EQ(DeviceTokens::encode(reused).type, "TokenFamilyRevoked");
  EXPECT_EQ(to_hex(DeviceTokens::encode(reused).data),
            "a2"
            "01626631"
            "0203");
}

}  // namespace
}  // namespace ocf::auth_builtin
