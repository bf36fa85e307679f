#include "gateway/session.hpp"

#include "base/overload.hpp"

#include <gtest/gtest.h>

namespace ocf::gateway {
namespace {

using coap::Code;
using coap::Message;
using coap::OptionNumber;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A script: bytes and time in, what the session does out, one line per action.
class SessionTest : public ::testing::Test {
 protected:
  SessionTest() : session_(limits_, 0x1000, now_) { (void)done(session_.start()); }

  static Message request(Code code, std::string_view path, std::uint64_t token = 1) {
    Message message;
    message.code = code;
    message.token = coap::Token::of(token);
    message.add_path(path);
    return message;
  }
  static Message response(Code code, const coap::Token& token) {
    Message message;
    message.code = code;
    message.token = token;
    return message;
  }
  static Message sent(const Action& action) {
    const auto frame = coap::decode_frame(std::get<Send>(action).bytes, {});
    EXPECT_TRUE(frame && *frame) << "the hub sends frames";
    return (*frame)->message;
  }

  // "send 4.01", "serve /oic/res", "deliver 2.05 /light/1", "refused", "close", joined by "; ".
  std::string done(Actions actions) {
    last_ = std::move(actions);
    std::string text;
    for (const Action& action : last_) {
      if (!text.empty()) text += "; ";
      text += std::visit(overload{[&](const Send&) { return "send " + coap::to_text(sent(action).code); },
                                  [](const Serve& what) { return "serve " + what.request.path(); },
                                  [](const Deliver& what) {
                                    return "deliver " + coap::to_text(what.response.code) + ' ' +
                                           what.purpose.href.text();
                                  },
                                  [](const DeliverCustody&) { return std::string("custody"); },
                                  [](const Refused&) { return std::string("refused"); },
                                  [](const Close& what) { return "close: " + what.why; }},
                         action);
    }
    return text;
  }
  std::string hears(const Message& message) {
    return done(session_.receive(coap::encode_frame(message), now_));
  }
  std::string answers(Code code, std::uint64_t token, const Outcome& outcome = {}) {
    const Message asked = request(Code::get, "/oic/res", token);
    return done(session_.answer(asked, response(code, coap::Token()), outcome, now_));
  }
  // A client that takes blocks, in messages of so many bytes, signed in.
  void client_signs_in(std::size_t message_bytes_max) {
    hears(coap::csm(coap::Token::of(1), message_bytes_max));
    signs_in();
  }
  static Message with_block(Message message, OptionNumber number, coap::Block block) {
    message.add(number, coap::encode_block(block));
    return message;
  }
  std::string after(milliseconds time) {
    now_ += time;
    return done(session_.tick(now_));
  }
  std::string signs_in() {
    hears(request(Code::post, "/oic/sec/session", 7));
    return answers(Code::changed, 7, SignedIn{});
  }
  std::string asks(std::string href, Purpose::Kind kind = Purpose::Kind::retrieve) {
    Purpose purpose;
    purpose.kind = kind;
    purpose.href = Href(href);
    return done(session_.request(std::move(purpose), request(Code::get, href)));
  }
  coap::Token token_of_last() const { return sent(last_.back()).token; }

  Limits limits_;
  SteadyTime now_{};
  Session session_;
  Actions last_;
};

TEST_F(SessionTest, AnnouncesItselfFirstWithATokenOfEightBytes) {
  Session session(limits_, 1, now_);
  const Actions actions = session.start();
  ASSERT_EQ(actions.size(), 1u);
  const Message csm = sent(actions[0]);
  EXPECT_EQ(csm.code, Code::csm);
  EXPECT_EQ(csm.token.bytes().size(), 8u);
  EXPECT_GE(std::get<Send>(actions[0]).bytes.size(), 10u);
}

TEST_F(SessionTest, RefusesWhatNeedsASignInAndStaysOpen) {
  EXPECT_EQ(hears(request(Code::get, "/oic/res")), "send 4.01; refused");
  EXPECT_EQ(hears(request(Code::post, "/oic/rd")), "send 4.01; refused");
  EXPECT_EQ(hears(request(Code::post, "/oic/sec/roles")), "send 4.04; refused");
  EXPECT_EQ(hears(request(Code::post, "/oic/sec/account")), "serve /oic/sec/account");
}

TEST_F(SessionTest, AdmitsEverythingAfterTheSignIn) {
  EXPECT_EQ(signs_in(), "send 2.04");
  EXPECT_EQ(hears(request(Code::get, "/oic/res")), "serve /oic/res");
  EXPECT_EQ(answers(Code::content, 1), "send 2.05");
}

TEST_F(SessionTest, AnswersAccountRequestsOneAfterTheOtherAndDefersTheRest) {
  EXPECT_EQ(hears(request(Code::post, "/oic/sec/session", 1)), "serve /oic/sec/session");
  EXPECT_EQ(hears(request(Code::post, "/oic/rd", 2)), "");
  EXPECT_EQ(answers(Code::changed, 1, SignedIn{}), "send 2.04; serve /oic/rd");
}

TEST_F(SessionTest, ServesOneRequestOfATokenAtATime) {
  signs_in();
  EXPECT_EQ(hears(request(Code::get, "/oic/res", 1)), "serve /oic/res");
  EXPECT_EQ(hears(request(Code::post, "/oic/sec/session", 1)), "");
  EXPECT_EQ(hears(request(Code::post, "/oic/sec/tokenrefresh", 2)), "") << "in order";
  EXPECT_EQ(answers(Code::content, 1), "send 2.05; serve /oic/sec/session");
  EXPECT_EQ(answers(Code::changed, 1, SignedIn{}), "send 2.04; serve /oic/sec/tokenrefresh");
}

TEST_F(SessionTest, DoesNotAdmitWhatWasDeferredIfTheSignInFailed) {
  hears(request(Code::post, "/oic/sec/session", 1));
  hears(request(Code::post, "/oic/rd", 2));
  EXPECT_EQ(answers(Code::unauthorized, 1, SignInFailed{}), "send 4.01; send 4.01; refused");
}

TEST_F(SessionTest, ClosesWithoutASignInInTime) {
  EXPECT_EQ(after(limits_.sign_in_time - milliseconds(1)), "");
  EXPECT_EQ(after(milliseconds(1)), "close: no sign-in in time");
  EXPECT_EQ(hears(request(Code::get, "/oic/res")), "") << "a closed session takes nothing in";
}

TEST_F(SessionTest, GivesAFailedSignInOneMoreTry) {
  hears(request(Code::post, "/oic/sec/session", 1));
  EXPECT_EQ(answers(Code::unauthorized, 1, SignInFailed{}), "send 4.01");
  hears(request(Code::post, "/oic/sec/session", 2));
  EXPECT_EQ(answers(Code::unauthorized, 2, SignInFailed{}), "send 4.01; close: the sign-in failed again");
}

TEST_F(SessionTest, ClosesFiveSecondsAfterAFailedSignIn) {
  hears(request(Code::post, "/oic/sec/session", 1));
  answers(Code::unauthorized, 1, SignInFailed{});
  EXPECT_EQ(after(limits_.failed_sign_in_grace), "close: no sign-in in time");
}

TEST_F(SessionTest, WaitsLongerForADeviceThatWasToldToComeAgain) {
  hears(request(Code::post, "/oic/sec/account", 1));
  answers(Code::service_unavailable, 1, RetryLater{});
  EXPECT_EQ(after(limits_.sign_in_time_after_503 - seconds(1)), "");
  EXPECT_EQ(after(seconds(1)), "close: no sign-in in time");
}

TEST_F(SessionTest, ClosesHoweverOftenItIsToldToComeAgain) {
  std::string done;
  seconds time{};
  for (; done.empty() && time < seconds(1000); time += seconds(5)) {
    hears(request(Code::post, "/oic/sec/account", 1));
    answers(Code::service_unavailable, 1, RetryLater{});
    done = after(seconds(5));
  }
  EXPECT_EQ(done, "close: no sign-in in time");
  EXPECT_EQ(time, limits_.sign_in_time + limits_.sign_in_time_after_503);
}

TEST_F(SessionTest, GivesNoTimeForASignOutWithoutASignIn) {
  after(limits_.sign_in_time - seconds(1));
  hears(request(Code::post, "/oic/sec/session", 1));
  EXPECT_EQ(answers(Code::changed, 1, SignedOut{}), "send 2.04");
  EXPECT_EQ(after(seconds(1)), "close: no sign-in in time");
}

TEST_F(SessionTest, ASignOutDoesNotLiftTheGraceAfterAFailedSignIn) {
  hears(request(Code::post, "/oic/sec/session", 1));
  answers(Code::unauthorized, 1, SignInFailed{});
  hears(request(Code::post, "/oic/sec/session", 2));
  answers(Code::changed, 2, SignedOut{});
  EXPECT_EQ(after(limits_.failed_sign_in_grace), "close: no sign-in in time");
}

TEST_F(SessionTest, ClosesWhenTheTokenExpires) {
  hears(request(Code::post, "/oic/sec/session", 7));
  answers(Code::changed, 7, SignedIn{now_ + seconds(10)});
  EXPECT_EQ(after(seconds(9)), "");
  EXPECT_EQ(after(seconds(1)), "close: the access token expired");
  EXPECT_EQ(std::get<Close>(last_[0]).reason, device::Disconnection::token_expired);
}

TEST_F(SessionTest, PingsAnIdleDeviceAndClosesWithinOneAndAHalfIntervals) {
  signs_in();
  EXPECT_EQ(after(limits_.ping_interval), "send 7.02");
  const auto retry = limits_.ping_interval / (2 * limits_.ping_retries);
  for (unsigned sent = 1; sent < limits_.ping_retries; ++sent) EXPECT_EQ(after(retry), "send 7.02");
  EXPECT_EQ(after(retry), "close: no answer to 3 pings");
  EXPECT_EQ(now_ - SteadyTime{}, limits_.ping_interval + limits_.ping_interval / 2);
}

TEST_F(SessionTest, IsContentWithAnythingThatAnIdleDeviceSays) {
  signs_in();
  after(limits_.ping_interval);
  EXPECT_EQ(hears(response(Code::pong, token_of_last())), "");
  EXPECT_EQ(after(limits_.ping_interval - milliseconds(1)), "");
  EXPECT_EQ(after(milliseconds(1)), "send 7.02");
}

TEST_F(SessionTest, AnswersPingsAndKeepsCustodyForTheShell) {
  Message ping = response(Code::ping, coap::Token::of(5));
  EXPECT_EQ(hears(ping), "send 7.03");
  EXPECT_EQ(sent(last_[0]).token, ping.token);
  ping.add_raw(coap::signaling::custody, {});
  EXPECT_EQ(hears(ping), "custody");
}

TEST_F(SessionTest, IgnoresEmptyMessages) { EXPECT_EQ(hears(Message{}), ""); }

TEST_F(SessionTest, ClosesOnAbortAndOnReleaseWhenNothingIsOpen) {
  signs_in();
  hears(request(Code::get, "/oic/res"));
  EXPECT_EQ(hears(response(Code::release, coap::Token::of(5))), "");
  EXPECT_EQ(answers(Code::content, 1), "send 2.05; close: the peer released the connection");

  Session other(limits_, 1, now_);
  Message abort = response(Code::abort, coap::Token::of(5));
  abort.payload = copy_of(as_bytes("bad\nluck"));
  EXPECT_EQ(done(other.receive(coap::encode_frame(abort), now_)), "close: the peer aborted: bad%0aluck");
}

TEST_F(SessionTest, RefusesWhatAProxyWouldTake) {
  signs_in();
  Message unknown = request(Code::get, "/oic/res");
  unknown.add_raw(9999, {});
  EXPECT_EQ(hears(unknown), "send 4.02; refused");
  Message proxied = request(Code::get, "/oic/res");
  proxied.add(OptionNumber::proxy_uri, "coap://elsewhere");
  EXPECT_EQ(hears(proxied), "send 5.05; refused");
}

TEST_F(SessionTest, RefusesMoreRequestsThanItServesAtOnce) {
  signs_in();
  for (std::size_t count = 0; count < limits_.requests_in_flight_max; ++count) {
    EXPECT_EQ(hears(request(Code::get, "/oic/res", 100 + count)), "serve /oic/res");
  }
  EXPECT_EQ(hears(request(Code::get, "/oic/res", 99)), "send 5.03; refused");
  EXPECT_EQ(std::get<Refused>(last_.at(1)).limit, "requests_in_flight_max");
  answers(Code::content, 100);
  EXPECT_EQ(hears(request(Code::get, "/oic/res", 98)), "serve /oic/res");
}

TEST_F(SessionTest, RefusesMoreRequestsThanItTakesInThatTime) {
  limits_.device_messages_per_second = 1;
  signs_in();  // the first of ten
  for (std::uint64_t token = 1; token < 10; ++token) {
    EXPECT_EQ(hears(request(Code::get, "/oic/res", token)), "serve /oic/res");
    answers(Code::content, token);
  }
  EXPECT_EQ(hears(request(Code::get, "/oic/res")), "send 4.29; refused");
  EXPECT_GT(sent(last_[0]).uint(OptionNumber::max_age), 0u);
  EXPECT_EQ(std::get<Refused>(last_.at(1)).limit, "device_messages_per_second");
  EXPECT_EQ(hears(coap::ping(coap::Token::of(1))), "send 7.03");
  after(seconds(1));
  EXPECT_EQ(hears(request(Code::get, "/oic/res")), "serve /oic/res");
}

TEST_F(SessionTest, TellsADeviceOnlyWhatItUnderstandsEvenThen) {
  limits_.device_messages_per_second = 1;
  for (std::uint64_t token = 1; token <= 10; ++token) {
    hears(request(Code::post, "/oic/sec/session", token));
    answers(Code::service_unavailable, token);
  }
  EXPECT_EQ(hears(request(Code::post, "/oic/sec/session")), "send 5.03; refused");
  EXPECT_EQ(after(limits_.sign_in_time + seconds(1)), "");  // it may come again
  EXPECT_EQ(session_.deadline(), SteadyTime(limits_.sign_in_time_after_503));
}

TEST_F(SessionTest, TellsTheSenderOfAMessageThatIsTooLargeBeforeItsBytesArrive) {
  Message large = request(Code::post, "/oic/rd", 3);
  large.payload.resize(limits_.frame_bytes_before_sign_in_max);
  const Bytes bytes = coap::encode_frame(large);
  EXPECT_EQ(done(session_.receive(ByteView(bytes).first(20), now_)).substr(0, 27),
            "send 4.13; send 7.05; close");
  EXPECT_EQ(sent(last_[0]).token, large.token);
}

TEST_F(SessionTest, NamesTheLimitThatAFrameIsAbove) {
  Message large = request(Code::post, "/oic/rd", 3);
  large.payload.resize(limits_.frame_bytes_before_sign_in_max);
  done(session_.receive(ByteView(coap::encode_frame(large)).first(20), now_));
  EXPECT_EQ(std::get<Close>(last_.back()).limit, "frame_bytes_before_sign_in_max");
}

TEST_F(SessionTest, CountsWhatItHearsByTheClassOfTheCode) {
  signs_in();
  session_.take_counts();
  hears(request(Code::get, "/oic/res", 99));
  hears(response(Code::not_found, coap::Token::of(1)));
  hears(response(Code::content, coap::Token::of(2)));
  hears(response(Code::content, coap::Token::of(3)));
  const MessageCounts counts = session_.take_counts();
  EXPECT_EQ(counts, (MessageCounts{1, 0, 2, 0, 1, 0, 0, 0}));
  EXPECT_EQ(session_.take_counts(), MessageCounts{});
}

TEST_F(SessionTest, TakesLargerMessagesAfterTheSignIn) {
  signs_in();
  Message large = request(Code::post, "/oic/rd", 3);
  large.payload.resize(limits_.frame_bytes_max - 100);
  EXPECT_EQ(hears(large), "serve /oic/rd");
}

TEST_F(SessionTest, AbortsOnWhatIsNoFrame) {
  EXPECT_EQ(done(session_.receive(Bytes{0x0f, 0x01}, now_)).substr(0, 16), "send 7.05; close");
}

TEST_F(SessionTest, DoesTheSameHoweverTheBytesAreCut) {
  Bytes stream;
  for (const Message& message : {request(Code::get, "/oic/res", 1), response(Code::ping, coap::Token::of(2)),
                                 Message{}, request(Code::post, "/oic/sec/account", 3)}) {
    const Bytes frame = coap::encode_frame(message);
    stream.insert(stream.end(), frame.begin(), frame.end());
  }
  const std::string whole = "send 4.01; refused; send 7.03; serve /oic/sec/account";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    Session session(limits_, 1, now_);
    std::string first = done(session.receive(ByteView(stream).first(cut), now_));
    const std::string second = done(session.receive(ByteView(stream).subspan(cut), now_));
    if (!first.empty() && !second.empty()) first += "; ";
    EXPECT_EQ(first + second, whole) << "cut at " << cut;
  }
}

TEST_F(SessionTest, AbortsAMessageThatIsNotWholeInTimeHoweverSteadilyItsBytesCome) {
  signs_in();
  Message large = request(Code::post, "/oic/rd", 3);
  large.payload.resize(1000);
  const Bytes bytes = coap::encode_frame(large);
  const std::size_t seconds_max = static_cast<std::size_t>(limits_.message_time.count());
  for (std::size_t second = 0; second < seconds_max; ++second) {
    EXPECT_EQ(done(session_.receive(ByteView(bytes).subspan(second, 1), now_)), "");
    EXPECT_LE(session_.deadline(), SteadyTime{} + limits_.message_time);
    EXPECT_EQ(after(seconds(second + 1 < seconds_max ? 1 : 0)), "");
  }
  EXPECT_EQ(after(seconds(1)), "send 7.05; close: a message was not whole in time");
}

TEST_F(SessionTest, GivesEachMessageItsOwnTime) {
  signs_in();
  const Bytes message = coap::encode_frame(request(Code::get, "/oic/res", 3));
  Bytes end_and_beginning(message.begin() + 1, message.end());
  end_and_beginning.push_back(message[0]);
  EXPECT_EQ(done(session_.receive(ByteView(message).first(1), now_)), "");
  EXPECT_EQ(after(limits_.message_time - seconds(1)), "");
  EXPECT_EQ(done(session_.receive(end_and_beginning, now_)), "serve /oic/res");
  EXPECT_EQ(after(limits_.message_time - seconds(1)), "") << "the second one began later";
  EXPECT_EQ(after(seconds(1)), "send 7.05; close: a message was not whole in time");
}

TEST_F(SessionTest, HasNoDeadlineForAMessageThatIsWhole) {
  signs_in();
  const Bytes message = coap::encode_frame(request(Code::get, "/oic/res", 3));
  (void)done(session_.receive(ByteView(message).first(5), now_));
  EXPECT_EQ(done(session_.receive(ByteView(message).subspan(5), now_)), "serve /oic/res");
  EXPECT_EQ(session_.deadline(), now_ + limits_.ping_interval);
}

TEST_F(SessionTest, TakesALongMessageByteByByte) {
  signs_in();
  Message large = request(Code::post, "/oic/rd", 3);
  large.payload.resize(200'000);
  const Bytes bytes = coap::encode_frame(large);
  for (std::size_t at = 0; at + 1 < bytes.size(); ++at)
    ASSERT_EQ(done(session_.receive(ByteView(bytes).subspan(at, 1), now_)), "") << at;
  EXPECT_EQ(done(session_.receive(ByteView(bytes).last(1), now_)), "serve /oic/rd");
}

TEST_F(SessionTest, AsksTheDeviceNothingBeforeItsSignInIsAnswered) {
  EXPECT_EQ(asks("/light/1"), "");
  EXPECT_EQ(signs_in(), "send 2.04; send 0.01");
  EXPECT_EQ(token_of_last().bytes().size(), 8u);
}

TEST_F(SessionTest, KeepsALimitedNumberOfRequestsAtTheDevice) {
  signs_in();
  for (std::size_t count = 0; count < limits_.device_requests_in_flight_max; ++count)
    EXPECT_EQ(asks("/a"), "send 0.01");
  const coap::Token token = token_of_last();
  EXPECT_EQ(asks("/b"), "");
  EXPECT_EQ(hears(response(Code::content, token)), "deliver 2.05 /a; send 0.01");
}

TEST_F(SessionTest, DeliversEveryNotificationOfAnObservation) {
  signs_in();
  asks("/light/1", Purpose::Kind::observe);
  Message notification = response(Code::content, token_of_last());
  notification.add_uint(OptionNumber::observe, 0);
  EXPECT_EQ(hears(notification), "deliver 2.05 /light/1");
  EXPECT_TRUE(session_.is_observing(Href("/light/1")));
  EXPECT_EQ(hears(notification), "deliver 2.05 /light/1");
  EXPECT_EQ(hears(response(Code::not_found, notification.token)), "deliver 4.04 /light/1");
  EXPECT_EQ(hears(notification), "") << "the observation has ended";
}

TEST_F(SessionTest, DeliversAPlainAnswerOnce) {
  signs_in();
  asks("/oic/d", Purpose::Kind::observe);
  const Message answer = response(Code::content, token_of_last());
  EXPECT_EQ(hears(answer), "deliver 2.05 /oic/d") << "the resource cannot be observed";
  EXPECT_EQ(hears(answer), "");
  EXPECT_FALSE(session_.is_observing(Href("/oic/d")));
}

TEST_F(SessionTest, ForgetsObservationsOfWhatIsNotPublishedAnyMore) {
  signs_in();
  asks("/light/1", Purpose::Kind::observe);
  const coap::Token token = token_of_last();
  session_.forget_all_but({});
  EXPECT_FALSE(session_.is_observing(Href("/light/1")));
  EXPECT_EQ(hears(response(Code::content, token)), "");
}

TEST_F(SessionTest, NeverSendsADeviceBlocks) {
  hears(coap::csm(coap::Token::of(1), 2000));
  signs_in();
  Message large = request(Code::post, "/light/1");
  large.payload.resize(2000);
  Purpose purpose;
  purpose.href = Href("/light/1");
  EXPECT_EQ(done(session_.request(purpose, large)), "deliver 4.13 /light/1");
}

TEST_F(SessionTest, ForgetsObservationsThatWaitForRoom) {
  asks("/light/1", Purpose::Kind::observe);
  session_.forget_all_but({});
  EXPECT_FALSE(session_.is_observing(Href("/light/1")));
  EXPECT_EQ(signs_in(), "send 2.04");
}

TEST_F(SessionTest, KeepsThePlaceOfAForgottenObservationUntilTheDeviceAnswers) {
  signs_in();
  asks("/light/1", Purpose::Kind::observe);
  const coap::Token token = token_of_last();
  for (std::size_t count = 1; count < limits_.device_requests_in_flight_max; ++count) asks("/a");
  session_.forget_all_but({});
  EXPECT_EQ(asks("/b"), "") << "the device still works on the observation";
  EXPECT_EQ(hears(response(Code::content, token)), "send 0.01");
}

TEST_F(SessionTest, DoesNotSendADeviceMoreThanItCanTake) {
  signs_in();
  Message large = request(Code::post, "/light/1");
  large.payload.resize(limits_.frame_bytes_to_peer_max);
  Purpose purpose;
  purpose.kind = Purpose::Kind::command;
  purpose.href = Href("/light/1");
  EXPECT_EQ(done(session_.request(purpose, large)), "deliver 4.13 /light/1");
  session_.hosts(10);
  EXPECT_EQ(done(session_.request(purpose, large)), "send 0.02") << "a device's buffers grow with its links";
}

TEST_F(SessionTest, TellsAClientThatItsAnswerIsTooLong) {
  signs_in();
  const Message asked = with_block(request(Code::get, "/oic/res"), OptionNumber::block2, {0, false, 2});
  hears(asked);
  Message large = response(Code::content, coap::Token());
  large.payload.resize(limits_.frame_bytes_to_peer_max);
  EXPECT_EQ(done(session_.answer(asked, large, {}, now_)), "refused; send 4.13") << "no blocks unannounced";
  EXPECT_EQ(done(session_.notify(asked, large, now_)), "refused; send 4.13");
}

TEST_F(SessionTest, KnowsTheLongestPayloadThatItsPeerTakesInOneMessage) {
  const auto is_taken = [this](std::size_t payload_bytes) {
    Message answer = response(Code::content, coap::Token());
    answer.add_uint(OptionNumber::content_format, coap::content_format::ocf_cbor);
    answer.add_uint(OptionNumber::ocf_content_format_version, coap::ocf_version_1_0_0);
    answer.add_uint(OptionNumber::observe, 0xffffff);
    answer.add(OptionNumber::etag, Bytes(8));
    answer.payload.resize(payload_bytes);
    return done(session_.notify(request(Code::get, "/oic/res"), answer, now_)) == "send 2.05";
  };
  signs_in();
  EXPECT_GT(session_.answer_payload_bytes_max(), limits_.frame_bytes_to_peer_max - 64);
  EXPECT_TRUE(is_taken(session_.answer_payload_bytes_max()));
  Message csm = coap::csm(coap::Token::of(1), 1152);
  std::erase_if(csm.options, [](const coap::Option& option) {
    return option.number == coap::signaling::block_wise_transfer;
  });
  hears(csm);
  EXPECT_GT(session_.answer_payload_bytes_max(), 1152u - 64u);
  EXPECT_TRUE(is_taken(session_.answer_payload_bytes_max()));
  EXPECT_FALSE(is_taken(1152));
}

TEST_F(SessionTest, KnowsThatAPeerWithBlocksTakesMore) {
  client_signs_in(1152);
  EXPECT_EQ(session_.answer_payload_bytes_max(), limits_.block_answers_bytes_max);
}

TEST_F(SessionTest, RefusesBlocksOfAPeerThatDidNotAnnounceThem) {
  signs_in();
  EXPECT_EQ(hears(with_block(request(Code::post, "/oic/rd"), OptionNumber::block1, {0, true, 6})),
            "send 4.02; refused");
  EXPECT_EQ(hears(with_block(request(Code::get, "/oic/res"), OptionNumber::block2, {1, false, 6})),
            "send 4.02; refused");
}

TEST_F(SessionTest, RefusesBlocksBeforeTheSignIn) {
  hears(coap::csm(coap::Token::of(1), 1 << 20));
  EXPECT_EQ(hears(with_block(request(Code::post, "/oic/sec/account"), OptionNumber::block1, {0, true, 6})),
            "send 4.02; refused");
}

TEST_F(SessionTest, SendsAClientTheFirstBlockOfALongAnswerAndThenTheOthersItself) {
  client_signs_in(1152);
  const Message asked = request(Code::get, "/oic/res", 5);
  hears(asked);
  Message large = response(Code::content, coap::Token());
  large.payload.resize(1500);
  EXPECT_EQ(done(session_.answer(asked, large, {}, now_)), "send 2.05");
  EXPECT_EQ(sent(last_[0]).token, asked.token);
  EXPECT_EQ(sent(last_[0]).payload.size(), 1024u);
  EXPECT_EQ(hears(with_block(request(Code::get, "/oic/res", 6), OptionNumber::block2, {1, false, 6})),
            "send 2.05");
  EXPECT_EQ(sent(last_[0]).token, coap::Token::of(6));
  EXPECT_EQ(sent(last_[0]).payload.size(), 1500u - 1024u);
}

TEST_F(SessionTest, CutsAnAnswerOfAnyLengthSoThatItFitsWithItsToken) {
  for (const coap::Token& token : {coap::Token(), coap::Token::of(5)}) {
    client_signs_in(1152);
    Message asked = request(Code::get, "/oic/res");
    asked.token = token;
    for (std::size_t bytes = 1000; bytes <= 1200; ++bytes) {
      hears(asked);
      Message large = response(Code::content, coap::Token());
      large.payload.resize(bytes);
      EXPECT_EQ(done(session_.answer(asked, large, {}, now_)), "send 2.05") << bytes;
      EXPECT_LE(std::get<Send>(last_[0]).bytes.size(), 1152u) << bytes;
    }
    const Message next = with_block(request(Code::get, "/oic/res", 6), OptionNumber::block2, {1, false, 6});
    EXPECT_EQ(hears(next), "send 2.05");
    EXPECT_EQ(sent(last_[0]).token, next.token);
  }
}

TEST_F(SessionTest, NotifiesWithTheFirstBlock) {
  client_signs_in(1152);
  Message observing = request(Code::get, "/oic/route/x/light/1", 5);
  observing.add_uint(OptionNumber::observe, 0);
  Message large = response(Code::content, coap::Token());
  large.add_uint(OptionNumber::observe, 3);
  large.payload.resize(1500);
  EXPECT_EQ(done(session_.notify(observing, large, now_)), "send 2.05");
  EXPECT_EQ(sent(last_[0]).token, observing.token);
  EXPECT_EQ(sent(last_[0]).uint(OptionNumber::observe), 3u);
  EXPECT_EQ(
      hears(with_block(request(Code::get, "/oic/route/x/light/1", 6), OptionNumber::block2, {1, false, 6})),
      "send 2.05");
  EXPECT_EQ(sent(last_[0]).find(OptionNumber::observe), nullptr);
}

TEST_F(SessionTest, ServesABodyInPartsOnceItIsWhole) {
  client_signs_in(1 << 20);
  Message part = with_block(request(Code::post, "/oic/rd", 5), OptionNumber::block1, {0, true, 0});
  part.payload = Bytes(16, 1);
  EXPECT_EQ(hears(part), "send 2.31");
  EXPECT_EQ(sent(last_[0]).token, part.token);
  Message last = with_block(request(Code::post, "/oic/rd", 6), OptionNumber::block1, {1, false, 0});
  last.payload = Bytes(4, 2);
  EXPECT_EQ(hears(last), "serve /oic/rd");
  EXPECT_EQ(std::get<Serve>(last_[0]).request.payload.size(), 20u);
  last.token = coap::Token::of(7);
  EXPECT_EQ(hears(last), "send 4.08; refused");
}

TEST_F(SessionTest, SaysHowLongABodyInPartsMayBe) {
  client_signs_in(1 << 20);
  Message part = with_block(request(Code::post, "/oic/rd", 5), OptionNumber::block1, {0, true, 0});
  part.add_uint(OptionNumber::size1, limits_.frame_bytes_max + 1);
  part.payload = Bytes(16, 1);
  EXPECT_EQ(hears(part), "send 4.13; refused");
  EXPECT_EQ(sent(last_[0]).uint(OptionNumber::size1), limits_.frame_bytes_max);
}

TEST_F(SessionTest, ForgetsBlocksAtTheSignOutAndInTime) {
  client_signs_in(1 << 20);
  Message part = with_block(request(Code::post, "/oic/rd", 5), OptionNumber::block1, {0, true, 0});
  part.payload = Bytes(16, 1);
  const Message next = with_block(request(Code::post, "/oic/rd", 6), OptionNumber::block1, {1, false, 0});
  hears(part);
  hears(request(Code::post, "/oic/sec/session", 7));
  answers(Code::changed, 7, SignedOut{});
  signs_in();
  EXPECT_EQ(hears(next), "send 4.08; refused");
  hears(part);
  EXPECT_LE(session_.deadline(), now_ + limits_.block_transfer_time);
  after(limits_.block_transfer_time);
  EXPECT_EQ(hears(next), "send 4.08; refused");
}

TEST_F(SessionTest, AnnouncesItsFullSizeToAPeerThatIsCertainlyNoDevice) {
  EXPECT_EQ(hears(coap::csm(coap::Token::of(1), 1 << 20)), "");
  EXPECT_EQ(signs_in(), "send 2.04; send 7.01");
  EXPECT_EQ(signs_in(), "send 2.04") << "once";
}

TEST_F(SessionTest, AnnouncesItAlsoToOneThatSaysSoAfterItsSignIn) {
  signs_in();
  EXPECT_EQ(hears(coap::csm(coap::Token::of(1), 1 << 20)), "send 7.01");
  EXPECT_EQ(coap::apply_csm({}, sent(last_[0])).capabilities.max_message_size, limits_.frame_bytes_max);
  EXPECT_EQ(hears(coap::csm(coap::Token::of(1), 1 << 20)), "") << "once";
}

TEST_F(SessionTest, ReleasesWhenTheHubStops) {
  EXPECT_EQ(done(session_.release()), "send 7.04; close: the hub stops");
}

TEST_F(SessionTest, TellsForHowLongToStayAway) {
  const Actions actions = session_.release(std::chrono::seconds(300));
  const auto frame = coap::decode_frame(std::get<Send>(actions.front()).bytes, {});
  ASSERT_TRUE(frame && *frame);
  const coap::Option* hold_off = (*frame)->message.find_raw(coap::signaling::hold_off);
  ASSERT_NE(hold_off, nullptr);
  EXPECT_EQ(coap::decode_uint(hold_off->value), 300u);
}

}  // namespace
}  // namespace ocf::gateway
