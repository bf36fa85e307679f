#include "coap/signaling.hpp"

#include "coap/frame.hpp"

#include <gtest/gtest.h>

namespace ocf::coap {
namespace {

Token token_of(const char* hex) { return Token(from_hex(hex).value()); }
std::string hex_of(const Message& message) { return to_hex(encode_frame(message)); }
Message message_of(const char* hex) {
  return decode_frame(from_hex(hex).value(), {}).value().value().message;
}

TEST(Signaling, WritesTheBytesThatDevicesWereSeenToAccept) {
  EXPECT_EQ(hex_of(csm(token_of("7aee378402fe89b5"), 1 << 20)), "58e17aee378402fe89b52310000020");
  EXPECT_EQ(hex_of(ping(token_of("50494e47544f4b31"))), "08e250494e47544f4b31");
  EXPECT_EQ(hex_of(release(token_of("52454c544f4b3031"), std::nullopt)), "08e452454c544f4b3031");
  EXPECT_EQ(hex_of(abort(token_of("414254544f4b3031"), "bye")), "48e5414254544f4b3031ff627965");
}

TEST(Signaling, AddsHoldOffAndBadCsmOption) {
  EXPECT_EQ(release(Token::of(1), 90).find_raw(signaling::hold_off)->value, Bytes{90});
  const Message refusal = abort(Token::of(1), "critical", std::uint16_t{9});
  EXPECT_EQ(refusal.find_raw(signaling::bad_csm_option)->value, Bytes{9});
  EXPECT_EQ(as_text(refusal.payload), "critical");
}

TEST(Signaling, IsNeverShorterThanDevicesCanReceive) {
  const Token token = Token::of(1);
  for (const Message& message :
       {csm(token, 8192), ping(token), pong(ping(token)), release(token, {}), abort(token, "")}) {
    EXPECT_GE(encode_frame(message).size(), 10u) << message;
  }
}

TEST(Pong, CopiesTokenAndCustody) {
  EXPECT_EQ(hex_of(pong(message_of("08e250494e47544f4b31"))), "08e350494e47544f4b31");
  EXPECT_EQ(hex_of(pong(message_of("18e250494e47544f4b3220"))), "18e350494e47544f4b3220");
  EXPECT_EQ(hex_of(pong(message_of("00e2"))), "00e3");
  EXPECT_TRUE(wants_custody(message_of("18e250494e47544f4b3220")));
  EXPECT_FALSE(wants_custody(message_of("08e250494e47544f4b31")));
}

TEST(Csm, OfLibcoapAnnouncesSizeAndBlocks) {
  const CsmOutcome outcome = apply_csm({}, message_of("50e12380010020"));
  EXPECT_EQ(outcome.bad_option, std::nullopt);
  EXPECT_EQ(outcome.capabilities, (Capabilities{8'388'864, true, true}));
}

TEST(Csm, OfADeviceAnnouncesItsSizeOnly) {
  EXPECT_EQ(apply_csm({}, message_of("38e1e8f2e8468581f5632222b5")).capabilities,
            (Capabilities{8885, false, true}));
}

TEST(Csm, AddsToWhatWasAnnouncedBefore) {
  Capabilities capabilities;
  EXPECT_EQ(capabilities, (Capabilities{1152, false, false}));
  capabilities = apply_csm(capabilities, message_of("50e12380010020")).capabilities;
  capabilities = apply_csm(capabilities, message_of("00e1")).capabilities;
  EXPECT_EQ(capabilities, (Capabilities{8'388'864, true, true}));
  capabilities = apply_csm(capabilities, message_of("30e1222000")).capabilities;
  EXPECT_EQ(capabilities, (Capabilities{8192, true, true}));
}

TEST(Csm, WithAnUnknownCriticalOptionChangesNothing) {
  Message message = csm(Token::of(1), 8192);
  message.add_raw(7, {});
  const CsmOutcome outcome = apply_csm({}, message);
  EXPECT_EQ(outcome.bad_option, 7);
  EXPECT_EQ(outcome.capabilities, Capabilities());
}

TEST(Csm, IgnoresUnknownElectiveOptionsAndSizesThatAreNoNumbers) {
  Message message;
  message.code = Code::csm;
  message.add_raw(8, {}).add_raw(signaling::max_message_size, Bytes(9, 1));
  const CsmOutcome outcome = apply_csm({}, message);
  EXPECT_EQ(outcome.bad_option, std::nullopt);
  EXPECT_EQ(outcome.capabilities, (Capabilities{1152, false, false}));
}

// go-coap's: it says nothing of the size, and takes more than the default.
TEST(Csm, ThatSaysNoSizeAnnouncesNone) {
  EXPECT_EQ(apply_csm({}, message_of("00e1")).capabilities, (Capabilities{1152, false, false}));
}

}  // namespace
}  // namespace ocf::coap
