// Sign-up, sign-in and refresh of a simulated device: what it does with each answer, and when. Virtual time.
#include "coap/captured.hpp"
#include "sim/machine_cloud.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ocf::sim {
namespace {

using coap::Code;
using coap::Message;
using std::chrono::milliseconds;
using std::chrono::seconds;

class RegistrationTest : public testing::Test {
 protected:
  // How long the device waits from here until it sends something, and what.
  milliseconds wait_for(std::string_view path) {
    const SteadyTime before = cloud.now;
    request = cloud.next_request();
    EXPECT_EQ(request.path(), path);
    return std::chrono::duration_cast<milliseconds>(cloud.now - before);
  }
  void refuse(Code code) { cloud.say(response_to(request, code)); }
  void expect_between(milliseconds time, milliseconds low, milliseconds high) {
    EXPECT_GE(time, low);
    EXPECT_LE(time, high);
  }
  Bytes refresh_answer(std::int64_t expires_in) {
    RefreshAnswer answer;
    answer.access_token = "at-2";
    answer.refresh_token = "rt-2";
    answer.expires_in = expires_in;
    return answer.encode();
  }
  // Half of 2 s · 2^k to the whole: the pause before attempt k.
  void expect_pause_of_attempt(unsigned k, milliseconds pause) {
    expect_between(pause, seconds(1) * (1u << k), seconds(2) * (1u << k));
  }

  MachineCloud cloud{test_device()};
  Message request;
};

TEST_F(RegistrationTest, AsksForTheSignUpFirstOfAllAndAtOnceWhenConnected) {
  expect_pause_of_attempt(0, wait_for("/oic/sec/account"));
  EXPECT_EQ(cloud.connects, std::vector<std::string>{"coap+tcp://127.0.0.1:5690"});
  EXPECT_EQ(cloud.written.size(), 1u);
  EXPECT_EQ(request.token.bytes().size(), coap::Token::bytes_max);
}

TEST_F(RegistrationTest, RetriesTheSignUpOn503SixTimesWithGrowingPausesOnOneConnection) {
  for (unsigned k = 0; k < 6; ++k) {
    expect_pause_of_attempt(k, wait_for("/oic/sec/account"));
    refuse(Code::service_unavailable);
  }
  EXPECT_TRUE(cloud.machine.is_stopped());
  EXPECT_EQ(cloud.connects.size(), 1u);
  EXPECT_TRUE(cloud.connected);
}

TEST_F(RegistrationTest, RepeatsTheSignUpWithANewTokenWhenNoAnswerComes) {
  wait_for("/oic/sec/account");
  const coap::Token first = request.token;
  // Two seconds for the answer, then the pause of the second attempt.
  expect_between(wait_for("/oic/sec/account"), seconds(2) + seconds(2), seconds(2) + seconds(4));
  EXPECT_NE(request.token, first);
  // Now four seconds, and the pause of the third.
  expect_between(wait_for("/oic/sec/account"), seconds(4) + seconds(4), seconds(4) + seconds(8));
  EXPECT_EQ(cloud.connects.size(), 1u);
}

TEST_F(RegistrationTest, StopsForGoodWhenTheSignUpIsRefused) {
  for (const Code code : {Code::unauthorized, Code::bad_request, Code::internal_server_error}) {
    MachineCloud refusing(test_device());
    refusing.say(response_to(refusing.next(), code));
    EXPECT_TRUE(refusing.machine.is_stopped()) << code;
    EXPECT_TRUE(refusing.connected) << code;
    EXPECT_EQ(refusing.machine.deadline(), SteadyTime::max()) << code;
  }
}

TEST_F(RegistrationTest, StopsWhenTheSignUpAnswerLacksAToken) {
  wait_for("/oic/sec/account");
  SignUpAnswer answer;
  answer.access_token = "at-1";
  answer.uid = "u";
  cloud.say(response_to(request, Code::changed, answer.encode()));
  EXPECT_TRUE(cloud.machine.is_stopped());
}

TEST_F(RegistrationTest, RetriesTheSignUpWhenTheConnectionClosesMeanwhile) {
  wait_for("/oic/sec/account");
  cloud.disconnect();
  expect_pause_of_attempt(1, wait_for("/oic/sec/account"));
  EXPECT_EQ(cloud.connects.size(), 2u);
}

TEST_F(RegistrationTest, GivesUpTheFirstSignUpWhenTheCloudCannotBeReached) {
  cloud.reachable = false;
  cloud.next();
  EXPECT_TRUE(cloud.machine.is_stopped());
  EXPECT_EQ(cloud.connects.size(), 6u);
}

TEST_F(RegistrationTest, FollowsARedirectionAndSignsInThereWithoutAnotherSignUp) {
  wait_for("/oic/sec/account");
  SignUpAnswer answer = SignUpAnswer::decode(MachineCloud::sign_up_answer()).value();
  answer.redirect_uri = "coap+tcp://127.0.0.1:5809";
  cloud.say(response_to(request, Code::changed, answer.encode()));
  EXPECT_FALSE(cloud.connected);
  wait_for("/oic/sec/session");
  EXPECT_EQ(cloud.connects.back(), "coap+tcp://127.0.0.1:5809");
}

TEST_F(RegistrationTest, RefreshesAndSignsInAgainAndAgainWhileTheSignInIs401) {
  wait_for("/oic/sec/account");
  cloud.say(response_to(request, Code::changed, MachineCloud::sign_up_answer()));
  for (int i = 0; i < 3; ++i) {
    expect_pause_of_attempt(0, wait_for("/oic/sec/session"));
    refuse(Code::unauthorized);
    expect_pause_of_attempt(0, wait_for("/oic/sec/tokenrefresh"));
    cloud.say(response_to(request, Code::changed, refresh_answer(expires_never)));
  }
  EXPECT_EQ(cloud.connects.size(), 1u);
  EXPECT_EQ(cloud.machine.counters().refreshes, 3u);
}

TEST_F(RegistrationTest, ReconnectsAfterSixSignInsThatWereToComeLater) {
  wait_for("/oic/sec/account");
  cloud.say(response_to(request, Code::changed, MachineCloud::sign_up_answer()));
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(cloud.connected);
    wait_for("/oic/sec/session");
    refuse(Code::service_unavailable);
  }
  EXPECT_FALSE(cloud.connected);
  expect_pause_of_attempt(0, wait_for("/oic/sec/session"));
  EXPECT_EQ(cloud.connects.size(), 2u);
}

TEST_F(RegistrationTest, ReconnectsWhenTheSignInIsRefusedOtherwise) {
  wait_for("/oic/sec/account");
  cloud.say(response_to(request, Code::changed, MachineCloud::sign_up_answer()));
  wait_for("/oic/sec/session");
  refuse(Code::internal_server_error);
  EXPECT_FALSE(cloud.connected);
  wait_for("/oic/sec/session");
  EXPECT_EQ(cloud.connects.size(), 2u);
}

TEST_F(RegistrationTest, ForgetsItsCloudWhenTheRefreshIs401) {
  cloud.sign_up(30);
  wait_for("/oic/sec/tokenrefresh");
  refuse(Code::unauthorized);
  EXPECT_TRUE(cloud.machine.is_stopped());
  EXPECT_FALSE(cloud.connected);
}

TEST_F(RegistrationTest, StopsWhenTheRefreshIsRefusedOtherwise) {
  cloud.sign_up(30);
  wait_for("/oic/sec/tokenrefresh");
  refuse(Code::bad_request);
  EXPECT_TRUE(cloud.machine.is_stopped());
}

TEST_F(RegistrationTest, RefreshesBeforeTheTokenEndsAndSignsInOnTheSameConnection) {
  const std::pair<std::int64_t, seconds> cases[] = {
      {7200, seconds(6600)}, {300, seconds(180)}, {30, seconds(20)}, {20, seconds(20)}};
  for (const auto& [expires_in, after] : cases) {
    MachineCloud one(test_device());
    one.sign_up(expires_in);
    const SteadyTime signed_in = one.now;
    const Message message = one.next_request();
    EXPECT_EQ(message.path(), "/oic/sec/tokenrefresh") << expires_in;
    EXPECT_EQ(one.now - signed_in, after) << expires_in;
    one.say(response_to(message, Code::changed, refresh_answer(expires_in)));
    one.sign_in(expires_in);
    EXPECT_TRUE(one.machine.is_signed_in());
    EXPECT_TRUE(one.sent.empty()) << "it does not publish again";
    EXPECT_EQ(one.connects.size(), 1u);
  }
}

TEST_F(RegistrationTest, RefreshRequestHasTheShapeOfACapturedOne) {
  cloud.sign_up(30);
  wait_for("/oic/sec/tokenrefresh");
  const auto captured =
      std::find_if(std::begin(coap::captured), std::end(coap::captured),
                   [](const auto& one) { return std::string_view(one.what) == "token refresh"; });
  const Message real = coap::decode_frame(from_hex(captured->hex).value(), {}).value().value().message;
  EXPECT_EQ(request.options, real.options);
  const auto ours = RefreshRequest::decode(request.payload).value();
  auto theirs = RefreshRequest::decode(real.payload).value();
  theirs.device = ours.device;
  theirs.refresh_token = ours.refresh_token;
  EXPECT_EQ(ours, theirs);
  EXPECT_EQ(request.payload.size(), real.payload.size() - std::string_view("rt-5192acad").size() + 4);
}

TEST_F(RegistrationTest, ReconnectsWithTheTokenItHasAndDoesNotPublishAgain) {
  cloud.sign_up();
  cloud.disconnect();
  expect_pause_of_attempt(0, wait_for("/oic/sec/session"));
  SignInAnswer answer;
  cloud.say(response_to(request, Code::changed, answer.encode()));
  EXPECT_TRUE(cloud.machine.is_signed_in());
  EXPECT_TRUE(cloud.sent.empty());
}

TEST_F(RegistrationTest, ReconnectsWithARefreshWhenTheTokenMayHaveEnded) {
  cloud.sign_up(7200);
  cloud.disconnect();
  wait_for("/oic/sec/tokenrefresh");
}

TEST_F(RegistrationTest, TriesForEverToReachACloudThatItBelongsTo) {
  cloud.sign_up();
  cloud.reachable = false;
  cloud.disconnect();
  cloud.pass(std::chrono::hours(1));
  EXPECT_GT(cloud.connects.size(), 20u);
  cloud.reachable = true;
  wait_for("/oic/sec/session");
}

TEST_F(RegistrationTest, AnswersOnlyTheTokenThatIsOpen) {
  wait_for("/oic/sec/account");
  Message stray = response_to(request, Code::unauthorized);
  stray.token = coap::Token::of(1);
  cloud.say(stray);
  EXPECT_FALSE(cloud.machine.is_stopped());
}

}  // namespace
}  // namespace ocf::sim
