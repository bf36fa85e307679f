// Simulated devices on real sockets, against a small scripted cloud.
#include "sim/device.hpp"

#include "coap/signaling.hpp"
#include "net/tls_stream.hpp"
#include "pki/certificates.hpp"
#include "sim/demo.hpp"
#include "sim/scripted_cloud.hpp"

#include <gtest/gtest.h>

namespace ocf::sim {
namespace {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

class DeviceTest : public ScriptedCloudTest {
 protected:
  Device::Listener note() {
    return [this](std::string_view sentence) { said_.emplace_back(sentence); };
  }
  bool was_said(std::string_view part) const {
    for (const std::string& sentence : said_) {
      if (sentence.find(part) != std::string::npos) return true;
    }
    return false;
  }
  static Message observe(std::string_view href) {
    Message request = request_for(Code::get, href, 5);
    request.add_uint(OptionNumber::observe, 0);
    return request;
  }

  net::awaitable<void> live_over_tcp() {
    Device device(shard_, device_at(uri("coap+tcp://")), by_network(shard_), note());
    device.start();
    {
      const auto cloud = co_await accept();
      co_await cloud->let_in();
      const Message request = observe("/light/1");
      cloud->say(request);
      const Message first = co_await cloud->next();
      EXPECT_EQ(first.code, Code::content);
      EXPECT_TRUE(device.is_signed_in());
      device.set_property("/light/1", "power", std::int64_t{42});
      const Message notification = co_await cloud->next();
      EXPECT_EQ(cbor::to_json(notification.payload).value(), R"({"state":false,"power":42,"name":"Light"})");
    }
    // The connection is gone: it comes back, signs in, and does not publish again.
    const auto cloud = co_await accept();
    co_await cloud->let_in();
    const Message ping = coap::ping(coap::Token::of(1));
    cloud->say(ping);
    const Message pong = co_await cloud->next();
    EXPECT_EQ(pong.code, Code::pong);
    co_await device.stop();
    EXPECT_EQ(device.counters().connections, 2u);
    EXPECT_EQ(device.counters().sign_ups, 1u);
    EXPECT_EQ(device.counters().sign_ins, 2u);
    EXPECT_EQ(device.counters().publications, 1u);
    EXPECT_TRUE(was_said("signed up")) << said_.size();
  }

  net::awaitable<void> close_at_a_defect() {
    Device device(shard_, device_at(uri("coap+tcp://")), by_network(shard_), note());
    device.start();
    const auto cloud = co_await accept();
    co_await cloud->let_in();
    Bytes both{0x00, 0xe2};
    const Bytes get = coap::encode_frame(request_for(Code::get, "/light/1", 1));
    both.insert(both.end(), get.begin(), get.end());
    cloud->say(both);
    const Message none = co_await cloud->next();
    EXPECT_EQ(none.code, Code::empty) << "the connection ends without an answer";
    EXPECT_EQ(device.counters().closes.size(), 1u);
    const auto again = co_await accept();
    co_await again->let_in();
    co_await device.stop();
  }

  net::awaitable<void> live_over_tls() {
    const Time now = net::wall_now();
    const pki::Validity valid{now - std::chrono::hours(1), now + std::chrono::hours(1)};
    const auto authority = pki::create_authority("Test authority", valid).value();
    const auto hub = pki::issue_hub(authority, "11111111-1111-4111-8111-111111111111", valid).value();
    const DeviceSettings settings = device_at(uri("coaps+tcp://"));
    const auto identity = pki::issue_device(authority, settings.device.text(), valid).value();
    net::TlsServerConfig server;
    server.certificate_chain = hub.certificate;
    server.private_key = hub.private_key;
    server.ca_pool = {authority.certificate};
    net::TlsClientConfig client;
    client.certificate_chain = identity.certificate;
    client.private_key = identity.private_key;
    client.ca_pool = {authority.certificate};
    client.version_max = net::TlsVersion::tls_1_2;
    const auto server_context = net::TlsServerContext::create(server).value();

    Device device(shard_, settings, by_network(shard_, net::TlsClientContext::create(client).value()),
                  note());
    device.start();
    while (!accepted_) co_await yield();
    auto stream = std::make_unique<net::TlsStream>(std::move(*accepted_), *server_context);
    ScriptedCloud cloud(shard_, std::move(stream));
    co_await cloud.handshake();
    EXPECT_EQ(cloud.stream().tls_peer()->device_id, settings.device.text());
    co_await cloud.let_in();

    // Two requests in one record: the second is answered when the next record arrives.
    Bytes both = coap::encode_frame(request_for(Code::get, "/light/1", 1));
    const Bytes second = coap::encode_frame(request_for(Code::get, "/oic/p", 2));
    both.insert(both.end(), second.begin(), second.end());
    cloud.say(both);
    const Message answer = co_await cloud.next();
    EXPECT_EQ(answer.token, coap::Token::of(1));
    EXPECT_EQ(device.counters().requests_answered, 1u);
    cloud.say(request_for(Code::get, "/oic/d", 3));
    const Message late = co_await cloud.next();
    EXPECT_EQ(late.token, coap::Token::of(2));
    EXPECT_EQ(device.counters().requests_answered, 2u);
    co_await device.stop();
  }

  net::awaitable<void> fail_to_reach() {
    std::string server = uri("coap+tcp://");
    listener_->close();
    listener_.reset();
    Device device(shard_, device_at(std::move(server)), by_network(shard_), note());
    device.start();
    while (!device.is_stopped()) co_await yield();
    co_await device.stop();
    EXPECT_TRUE(was_said("cannot reach coap+tcp://127.0.0.1:"));
    EXPECT_EQ(device.counters().connections, 0u);
  }

  net::awaitable<void> refuse_a_server(std::string server) {
    Device device(shard_, device_at(std::move(server)), by_network(shard_), note());
    device.start();
    while (!device.is_stopped()) co_await yield();
    co_await device.stop();
    EXPECT_TRUE(was_said("gives up"));
  }

  net::awaitable<void> stop_while_connecting() {
    Device device(shard_, device_at(uri("coap+tcp://")), by_network(shard_), note());
    device.start();
    const auto cloud = co_await accept();
    co_await device.stop();
    EXPECT_FALSE(device.is_signed_in());
  }

  net::awaitable<void> demonstrate() {
    std::vector<std::string> lines;
    const DemoLight::Print print = [&lines](std::string_view line) { lines.emplace_back(line); };
    DemoLight light(shard_, device_at(uri("coap+tcp://")), {}, print, std::chrono::milliseconds(1));
    light.start();
    const auto cloud = co_await accept();
    co_await cloud->let_in();
    cloud->say(observe("/light/1"));
    const Message first = co_await cloud->next();
    const Message changed = co_await cloud->next();
    EXPECT_NE(to_hex(first.payload), to_hex(changed.payload));
    co_await light.stop();
    EXPECT_EQ(light.device().settings().name, "Demo light");
    EXPECT_NE(std::find(lines.begin(), lines.end(), "Demo light: its power is now 7 %."), lines.end());
    EXPECT_NE(std::find(lines.begin(), lines.end(), "Demo light: published 6 resources."), lines.end());
  }

  std::vector<std::string> said_;
};

TEST_F(DeviceTest, LivesOverTcpThroughAReconnection) { run(live_over_tcp()); }
TEST_F(DeviceTest, LivesOverMutualTlsAndTakesOneMessagePerRecord) { run(live_over_tls()); }
TEST_F(DeviceTest, ClosesAtADefectAndComesBack) { run(close_at_a_defect()); }
TEST_F(DeviceTest, GivesUpWhenNobodyListens) { run(fail_to_reach()); }
TEST_F(DeviceTest, GivesUpOnAServerThatIsNoUri) { run(refuse_a_server("127.0.0.1:5683")); }
TEST_F(DeviceTest, GivesUpOnTlsWithoutCertificates) { run(refuse_a_server(uri("coaps+tcp://"))); }
TEST_F(DeviceTest, StopsInTheMiddleOfItsSignUp) { run(stop_while_connecting()); }
TEST_F(DeviceTest, DemoLightChangesItsPowerAndTells) { run(demonstrate()); }

}  // namespace
}  // namespace ocf::sim
