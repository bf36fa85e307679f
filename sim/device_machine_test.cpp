// A simulated device that is signed in: keep-alive, signaling, defects, publication.
#include "coap/captured.hpp"
#include "coap/signaling.hpp"
#include "sim/machine_cloud.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ocf::sim {
namespace {

using coap::Code;
using coap::Message;
using coap::OptionNumber;
using std::chrono::seconds;

DeviceSettings device_without_defects() {
  DeviceSettings settings = test_device();
  settings.defects.closes_at_unknown_formats = false;
  return settings;
}

// {rt: ["x"], if: ["y"], rep: {value: false}}
Message new_switch(std::uint64_t token) {
  Message request = request_for(Code::post, "/switches", token);
  request.add(OptionNumber::uri_query, "if=oic.if.create");
  request.payload = from_hex(
                        "a3627274816178626966816179637265"
                        "70a16576616c7565f4")
                        .value();
  return request;
}

class DeviceMachineTest : public testing::Test {
 protected:
  DeviceMachineTest() {
    cloud.sign_up();
    sound.sign_up();
  }

  // The real device closes, the one without the defect answers with this code.
  void expect_closes_or_answers(const Message& request, Code code) {
    cloud.say(request);
    EXPECT_FALSE(cloud.connected) << request;
    EXPECT_TRUE(cloud.sent.empty()) << request;
    EXPECT_EQ(sound.ask(request).code, code) << request;
    EXPECT_TRUE(sound.connected) << request;
  }

  MachineCloud cloud{test_device()};
  MachineCloud sound{device_without_defects()};
};

// -- Keep-alive and signaling

TEST_F(DeviceMachineTest, PingsEveryTwentySeconds) {
  for (int i = 0; i < 3; ++i) {
    const SteadyTime before = cloud.now;
    const Message ping = cloud.next();
    EXPECT_EQ(ping.code, Code::ping);
    EXPECT_EQ(ping.token.bytes().size(), coap::Token::bytes_max);
    EXPECT_EQ(cloud.now - before, seconds(20));
    cloud.say(coap::pong(ping));
  }
}

TEST_F(DeviceMachineTest, ReconnectsAfterSixPingsWithoutAPong) {
  const SteadyTime before = cloud.now;
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(cloud.next().code, Code::ping);
    EXPECT_EQ(cloud.now - before, seconds(20 + 8 * i));
  }
  EXPECT_EQ(cloud.next().path(), "/oic/sec/session");
  // 64 s after the sign-in it closes; then comes the pause before it connects.
  EXPECT_GE(cloud.now - before, seconds(64 + 1));
  EXPECT_LE(cloud.now - before, seconds(64 + 2));
  EXPECT_EQ(cloud.machine.counters().closes, std::vector<std::string>{"the cloud does not answer pings"});
}

TEST_F(DeviceMachineTest, PongOfAnotherTokenIsNone) {
  Message ping = cloud.next();
  ping.token = coap::Token::of(7);
  cloud.say(coap::pong(ping));
  const SteadyTime before = cloud.now;
  EXPECT_EQ(cloud.next().code, Code::ping);
  EXPECT_EQ(cloud.now - before, seconds(8));
}

TEST_F(DeviceMachineTest, LeavesAndComesBackWhenTheCloudReleasesIt) {
  const SteadyTime before = cloud.now;
  cloud.say(coap::release(coap::Token::of(1), std::nullopt));
  EXPECT_FALSE(cloud.connected);
  EXPECT_EQ(cloud.next().path(), "/oic/sec/session");
  EXPECT_GE(cloud.now - before, seconds(1));
  EXPECT_LE(cloud.now - before, seconds(2));
}

TEST_F(DeviceMachineTest, StaysWhenTheCloudAborts) {
  cloud.say(coap::abort(coap::Token::of(1), "bye"));
  EXPECT_TRUE(cloud.connected);
  EXPECT_EQ(cloud.ask(request_for(Code::get, "/light/1", 2)).code, Code::content);
}

TEST_F(DeviceMachineTest, IgnoresEmptyMessagesAndTheCsm) {
  cloud.say(Bytes{0x00, 0x00});
  cloud.say(coap::csm(coap::Token::of(1), 1024));
  EXPECT_TRUE(cloud.connected);
  EXPECT_TRUE(cloud.sent.empty());
}

// -- Defects; the reader's own are in receiver_test.cpp

TEST_F(DeviceMachineTest, DefectOfForeignAcceptCloses) {
  Message request = request_for(Code::get, "/light/1", 1);
  request.add_uint(OptionNumber::accept, coap::content_format::cbor);
  expect_closes_or_answers(request, Code::not_acceptable);
}

TEST_F(DeviceMachineTest, DefectOfForeignContentFormatCloses) {
  Message request = request_for(Code::post, "/light/1", 1);
  request.add_uint(OptionNumber::content_format, coap::content_format::cbor);
  request.payload = from_hex("a165706f77657205").value();
  expect_closes_or_answers(request, Code::unsupported_content_format);
}

TEST_F(DeviceMachineTest, DefectOfUnknownCriticalOptionCloses) {
  Message request = request_for(Code::get, "/light/1", 1);
  request.add_raw(65001, as_bytes("x"));
  expect_closes_or_answers(request, Code::bad_option);
}

TEST_F(DeviceMachineTest, DefectOfForeignContentFormatClosesInAnswersToo) {
  MachineCloud fresh(test_device());
  Message answer = response_to(fresh.next(), Code::changed);
  answer.add_uint(OptionNumber::content_format, coap::content_format::cbor);
  answer.payload = MachineCloud::sign_up_answer();
  fresh.say(answer);
  EXPECT_FALSE(fresh.connected);
  EXPECT_EQ(fresh.machine.counters().closes, std::vector<std::string>{"content format 60"});
}

TEST_F(DeviceMachineTest, UnknownElectiveOptionsAndUriHostDoNoHarm) {
  Message request = request_for(Code::get, "/light/1", 1);
  request.add(OptionNumber::uri_host, "h");
  request.add_uint(OptionNumber::no_response, 2);
  EXPECT_EQ(cloud.ask(request).code, Code::content);
}

TEST_F(DeviceMachineTest, DefectsOfTheReaderCloseTheConnection) {
  Bytes segment{0x00, 0xe2};
  const Bytes get = coap::encode_frame(request_for(Code::get, "/light/1", 1));
  segment.insert(segment.end(), get.begin(), get.end());
  cloud.say(segment);
  EXPECT_FALSE(cloud.connected);
  EXPECT_EQ(cloud.machine.counters().closes.size(), 1u);
  EXPECT_EQ(cloud.next().path(), "/oic/sec/session");
}

TEST_F(DeviceMachineTest, ADeafTlsConnectionIsFoundByItsPings) {
  DeviceSettings settings = test_device();
  settings.server = "coaps+tcp://127.0.0.1:5684";
  MachineCloud secure(settings);
  secure.sign_up();
  secure.say(Bytes{0x00, 0xe2});
  secure.say(request_for(Code::get, "/light/1", 1));
  for (int i = 0; i < 6; ++i) {
    const Message ping = secure.next();
    ASSERT_EQ(ping.code, Code::ping);
    secure.say(coap::pong(ping));
  }
  EXPECT_EQ(secure.next().path(), "/oic/sec/session");
  EXPECT_EQ(secure.connects.size(), 2u);
}

TEST_F(DeviceMachineTest, SaysNothingToMethodsAndBlocksThatItDoesNotKnow) {
  for (const Code code : {Code::fetch, Code::patch, Code::ipatch})
    cloud.say(request_for(code, "/light/1", 1));
  for (const OptionNumber block : {OptionNumber::block1, OptionNumber::block2}) {
    Message request = request_for(Code::get, "/light/1", 1);
    request.add_uint(block, 6);
    cloud.say(request);
  }
  EXPECT_TRUE(cloud.sent.empty());
  EXPECT_TRUE(cloud.connected);
  EXPECT_EQ(cloud.ask(request_for(Code::get, "/light/1", 2)).code, Code::content);
}

// -- Publication

TEST_F(DeviceMachineTest, PublishesOnlyWhatTheCloudDoesNotHave) {
  const Message create = new_switch(1);
  EXPECT_EQ(cloud.ask(create).code, Code::created);
  const Message publication = cloud.next();
  const auto links = PublishRequest::decode(publication.payload).value().links;
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(links.front().href, Href("/switches/1"));
}

TEST_F(DeviceMachineTest, PublishesAgainAtTheNextSignInWhatTheCloudDidNotConfirm) {
  MachineCloud fresh(test_device());
  fresh.say(response_to(fresh.next(), Code::changed, MachineCloud::sign_up_answer()));
  fresh.sign_in();
  fresh.say(response_to(fresh.next(), Code::internal_server_error));
  EXPECT_EQ(fresh.next().code, Code::ping) << "there is no retry";
  fresh.disconnect();
  fresh.sign_in();
  EXPECT_EQ(fresh.next().path(), "/oic/rd");
}

TEST_F(DeviceMachineTest, UnpublishesADeletedResourceAsACapturedDeviceDid) {
  const Message create = new_switch(1);
  cloud.ask(create);
  cloud.confirm_publication(cloud.next());
  EXPECT_EQ(cloud.ask(request_for(Code::del, "/switches/1", 2)).code, Code::deleted);
  Message unpublish = cloud.next();

  const auto captured =
      std::find_if(std::begin(coap::captured), std::end(coap::captured),
                   [](const auto& one) { return std::string_view(one.what) == "unpublish"; });
  const Message real = coap::decode_frame(from_hex(captured->hex).value(), {}).value().value().message;
  EXPECT_EQ(unpublish.code, real.code);
  ASSERT_EQ(unpublish.queries(),
            (std::vector<std::string>{"di=028acc3a-d1a5-4246-79cd-2876cfc55916", "ins=100"}));
  EXPECT_EQ(coap::encode_frame(unpublish).size(), coap::encode_frame(real).size());
  EXPECT_EQ(unpublish.options.size(), real.options.size());
}

// -- Changes on the device

TEST_F(DeviceMachineTest, ObserversAreToldOfAChangeOnTheDevice) {
  Message observe = request_for(Code::get, "/light/1", 1);
  observe.add_uint(OptionNumber::observe, 0);
  EXPECT_EQ(cloud.ask(observe).uint(OptionNumber::observe), 0u);
  for (const std::uint64_t sequence : {2u, 3u, 4u}) {
    cloud.run(
        cloud.machine.set_property("/light/1", "power", static_cast<std::int64_t>(sequence), cloud.now));
    const Message notification = cloud.next();
    EXPECT_EQ(notification.token, observe.token);
    EXPECT_EQ(notification.uint(OptionNumber::observe), sequence);
  }
  EXPECT_EQ(cloud.machine.counters().notifications, 3u);
}

TEST_F(DeviceMachineTest, ObservationsDieWithTheConnection) {
  Message observe = request_for(Code::get, "/light/1", 1);
  observe.add_uint(OptionNumber::observe, 0);
  cloud.ask(observe);
  cloud.disconnect();
  cloud.sign_in();
  cloud.run(cloud.machine.set_property("/light/1", "state", true, cloud.now));
  EXPECT_TRUE(cloud.sent.empty());
}

TEST_F(DeviceMachineTest, TheSameSeedMakesTheSameDevice) {
  MachineCloud one(test_device(), 7);
  MachineCloud two(test_device(), 7);
  one.sign_up();
  two.sign_up();
  EXPECT_EQ(one.written, two.written);
  MachineCloud other(test_device(), 8);
  other.sign_up();
  EXPECT_NE(one.written, other.written);
}

}  // namespace
}  // namespace ocf::sim
