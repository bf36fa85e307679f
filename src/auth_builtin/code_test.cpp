#include "auth_builtin/code.hpp"

#include "es/error.hpp"
#include "tests/given.hpp"

#include <gtest/gtest.h>

namespace ocf::auth_builtin {
namespace {

using ocf::testing::given;
using ocf::testing::recorded;
using ocf::testing::stored_and_read;
using ocf::testing::then;
using std::chrono::seconds;

const account::Owner alice("alice");
const DeviceId lamp = DeviceId::parse("00000000-0000-0000-0000-00000000000a").value();
const DeviceId phone = DeviceId::parse("00000000-0000-0000-0000-00000000000b").value();
constexpr Time start{std::chrono::milliseconds(1'700'000'000'123)};

const Code::Event issued = CodeIssued{alice, start + seconds(300)};
const Code::Event exchanged = CodeExchanged{lamp, "f1", start + seconds(310)};
ExchangeCode exchange(const DeviceId& device, seconds later, std::string family = "f1") {
  return {device, std::move(family), start + later, start + later + seconds(300)};
}

TEST(Code, IsIssuedOnce) {
  EXPECT_EQ(given<Code>({}).when(IssueCode{alice, start}), then<Code>({CodeIssued{alice, start}}));
  EXPECT_EQ(given<Code>({issued}).when(IssueCode{account::Owner("bob"), start}), then<Code>({}));
}

TEST(Code, GivesAFamilyToTheFirstDevice) {
  EXPECT_EQ(given<Code>({issued}).when(exchange(lamp, seconds(10))),
            then<Code>({CodeExchanged{lamp, "f1", start + seconds(310)}}));
}

TEST(Code, IsUnknownUnlessIssued) {
  EXPECT_EQ(given<Code>({}).when(exchange(lamp, seconds(0))).error(), make_error_code(CodeError::unknown));
}

TEST(Code, ExpiresAtItsTime) {
  EXPECT_FALSE(given<Code>({issued}).when(exchange(lamp, seconds(299))).error());
  EXPECT_EQ(given<Code>({issued}).when(exchange(lamp, seconds(300))).error(),
            make_error_code(CodeError::expired));
}

TEST(Code, MayBeShownAgainByTheSameDeviceForAWhile) {
  const auto again = given<Code>({issued, exchanged});
  EXPECT_EQ(again.when(exchange(lamp, seconds(309), "f2")), then<Code>({}));
  EXPECT_EQ(again.when(exchange(lamp, seconds(310), "f2")).error(), make_error_code(CodeError::replayed));
}

TEST(Code, IsReplayedByAnybodyElse) {
  EXPECT_EQ(given<Code>({issued, exchanged}).when(exchange(phone, seconds(11))).error(),
            make_error_code(CodeError::replayed));
}

TEST(Code, ReadsWhatItWrote) {
  const es::StreamId stream = Code::stream(CodeText::generate(account::Tenant("default")));
  for (const Code::Event& event : {issued, exchanged}) {
    EXPECT_EQ(stored_and_read<Code>(event, stream), event);
    es::RecordedEvent stored = recorded<Code>(event, stream);
    stored.event.data.pop_back();
    EXPECT_EQ(Code::decode(stored).error(), make_error_code(es::StoreError::malformed_event));
    stored.event.type = "CodeOfANewerRelease";
    EXPECT_EQ(Code::decode(stored).value(), std::nullopt);
  }
}

// Stored: never change what these bytes mean (docs/wire/events-authorization.md).
TEST(Code, IsStoredAsDocumented) {
  EXPECT_EQ(Code::encode(issued).type, "CodeIssued");
  EXPECT_EQ(to_hex(Code::encode(issued).data), "a20165616c696365021b0000018bcfe9fc5b");
  EXPECT_EQ(Code::encode(exchanged).type, "CodeExchanged");
  EXPECT_EQ(to_hex(Code::encode(exchanged).data),
            "a301782430303030303030302d303030302d303030302d303030302d303030303030303030303061"
            "02626631"
            "031b0000018bcfea236b");
}

TEST(Code, LiesInAStreamNamedByItsHash) {
  const CodeText code = CodeText::generate(es::Tenant("acme"));
  const es::StreamId stream = Code::stream(code);
  EXPECT_EQ(stream.tenant(), "acme");
  EXPECT_EQ(stream.entity(), "code:" + to_base64url(digest_of(code.text)));
  EXPECT_EQ(stream.name(), "code");
}

}  // namespace
}  // namespace ocf::auth_builtin
