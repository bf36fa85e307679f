// The OCF client on a real socket, against a small scripted cloud.
#include "sim/client.hpp"

#include "coap/signaling.hpp"
#include "net/error.hpp"
#include "sim/scripted_cloud.hpp"

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

namespace ocf::sim {
namespace {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

class ClientTest : public ScriptedCloudTest {
 protected:
  ClientSettings settings() const {
    ClientSettings settings;
    settings.server = uri("coap+tcp://");
    return settings;
  }
  // Whether both are the same but for their tokens.
  static void expect_same(Message said, std::string_view captured) {
    const Message real = coap::decode_frame(from_hex(captured).value(), {}).value().value().message;
    said.token = real.token;
    EXPECT_EQ(to_hex(coap::encode_frame(said)), captured);
  }

  // The cloud's side of client-discover-get.log.
  net::awaitable<void> serve_discovery(ScriptedCloud& cloud) {
    Message request = co_await cloud.next();
    EXPECT_EQ(request.path(), "/oic/sec/account");
    cloud.say(response_to(request, Code::changed, MachineCloud::sign_up_answer()));
    request = co_await cloud.next();
    EXPECT_EQ(request.path(), "/oic/sec/session");
    cloud.say(response_to(request, Code::changed, SignInAnswer().encode()));

    request = co_await cloud.next();
    expect_same(request, "d803016e75127d1db6e44cb36f696303726573622710e206e30800");
    DiscoveredLink found;
    found.device = DeviceId::parse("aaaaaaaa-0000-0000-0000-000000000001").value();
    found.link.href = Href("/light/1");
    found.link.resource_types = {"core.light"};
    found.link.interfaces = {"oic.if.rw", "oic.if.baseline"};
    const Advertisement advertisement{"/oic/route", {"coap+tcp://127.0.0.1:5683"}};
    cloud.say(response_to(request, Code::content, encode_links({&found, 1}, advertisement)));

    request = co_await cloud.next();
    expect_same(
        request,
        "d8330130b3104a828f7bf9b36f696305726f7574650d1761616161616161612d303030302d303030302d303030302d303030"
        "303030303030303031056c696768740131622710e206e30800");
    cloud.say(response_to(request, Code::content, cbor::from_json(R"({"power":1})").value()));
  }

  net::awaitable<void> discover_and_get() {
    Client client(shard_, settings());
    const auto connected = co_await client.connect();
    EXPECT_TRUE(connected) << connected.error();
    const auto cloud = co_await accept();
    shard_.spawn(serve_discovery(*cloud));
    const auto device = DeviceId::parse("9d782652-6eeb-49ba-5677-227b16061f52").value();
    const auto account = co_await client.sign_up(device, "authcode1", "plgd");
    EXPECT_TRUE(account) << account.error();
    const auto signed_in = co_await client.sign_in(account.value());
    EXPECT_TRUE(signed_in) << signed_in.error();
    const auto links = co_await client.discover();
    EXPECT_TRUE(links) << links.error();
    const auto content = co_await client.get(links.value().front().link.href.text());
    EXPECT_TRUE(content) << content.error();
    EXPECT_EQ(cbor::to_json(content.value().payload).value(), R"({"power":1})");
    co_await client.stop();
  }

  net::awaitable<void> serve_observer(ScriptedCloud& cloud) {
    const Message request = co_await cloud.next();
    EXPECT_EQ(request.uint(OptionNumber::observe), 0u);
    for (const std::uint64_t sequence : {0u, 1u, 2u}) {
      Message notification = response_to(request, Code::content, cbor::from_json("{}").value());
      notification.add_uint(OptionNumber::observe, sequence);
      cloud.say(notification);
    }
    Message stray = response_to(request, Code::content);
    stray.token = coap::Token::of(1);
    cloud.say(stray);
  }

  net::awaitable<void> observe() {
    Client client(shard_, settings());
    const auto connected = co_await client.connect();
    EXPECT_TRUE(connected);
    const auto cloud = co_await accept();
    shard_.spawn(serve_observer(*cloud));
    std::vector<std::uint64_t> sequence;
    const Client::Observer observer = [&sequence](const Message& notification) {
      sequence.push_back(notification.uint(OptionNumber::observe).value());
    };
    const auto first = co_await client.observe("/light/1", observer);
    EXPECT_TRUE(first);
    while (client.strays() == 0) co_await yield();
    EXPECT_EQ(sequence, (std::vector<std::uint64_t>{1, 2}));
    co_await client.stop();
  }

  net::awaitable<void> refuse(ScriptedCloud& cloud) {
    const Message request = co_await cloud.next();
    cloud.say(response_to(request, Code::unauthorized));
  }

  net::awaitable<void> be_refused_then_ignored_then_left() {
    ClientSettings quick = settings();
    quick.answer_time = std::chrono::milliseconds(20);
    quick.max_message_size = 1 << 16;
    Client client(shard_, quick);
    const auto connected = co_await client.connect();
    EXPECT_TRUE(connected);
    auto cloud = co_await accept();
    const Message csm = co_await cloud->next();
    EXPECT_EQ(csm.code, Code::csm);
    shard_.spawn(refuse(*cloud));
    const auto links = co_await client.discover();
    EXPECT_EQ(links.error(), refusal(Code::unauthorized));
    EXPECT_EQ(links.error().message(), "the cloud answered 4.01");
    const auto ignored = co_await client.get("/light/1");
    EXPECT_EQ(ignored.error(), boost::asio::error::timed_out);
    cloud.reset();
    const auto left = co_await client.get("/light/1");
    EXPECT_EQ(left.error(), make_error_code(net::NetError::closed));
    EXPECT_FALSE(client.is_connected());
    co_await client.stop();
  }

  net::awaitable<void> answer_signaling() {
    Client client(shard_, settings());
    const auto connected = co_await client.connect();
    EXPECT_TRUE(connected);
    const auto cloud = co_await accept();
    cloud->say(coap::csm(coap::Token::of(1), 4096));
    cloud->say(coap::ping(coap::Token::of(2)));
    const Message pong = co_await cloud->next();
    EXPECT_EQ(pong.code, Code::pong);
    EXPECT_EQ(pong.token, coap::Token::of(2));
    EXPECT_EQ(client.cloud().max_message_size, 4096u);
    cloud->say(coap::release(coap::Token::of(3), std::nullopt));
    while (client.is_connected()) co_await yield();
    co_await client.stop();
  }
};

TEST_F(ClientTest, DiscoversAndGetsAsACapturedClientDid) { run(discover_and_get()); }
TEST_F(ClientTest, ObserverGetsWhatFollowsTheFirstAnswer) { run(observe()); }
TEST_F(ClientTest, TellsRefusalSilenceAndTheEndApart) { run(be_refused_then_ignored_then_left()); }
TEST_F(ClientTest, AnswersPingsAndLeavesWhenReleased) { run(answer_signaling()); }

}  // namespace
}  // namespace ocf::sim
