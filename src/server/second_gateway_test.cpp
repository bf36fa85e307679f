// G15: nothing behind the gateway knows CoAP, so a gateway of another protocol can stand beside it. This one
// speaks lines of text over TCP, with one device:
//
//   device: HELLO <di> <code>   gateway: WELCOME          it signs up, signs in and publishes /lamp
//   device: IS <json>                                      the lamp has another representation
//   gateway: SET <json>         device: DONE              somebody wants it to change
#include "base/random.hpp"
#include "cbor/cbor.hpp"
#include "resource/resource.hpp"
#include "server/commands/api_client.hpp"
#include "server/commands/hub_options.hpp"
#include "server/scratch_directory.hpp"
#include "server/test_running_hub.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <future>
#include <string>

namespace ocf::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::uint16_t cbor_format = 60;
const Href lamp("/lamp");

// Lives on the hub's shard until its device has left.
class LineGateway final : public cloud::Channel {
 public:
  explicit LineGateway(Hub& hub)
      : cloud_(hub.cloud()),
        acceptor_(hub.shard().context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        socket_(hub.shard().context()) {
    hub.shard().post([this, &hub] { hub.shard().spawn(serve()); });
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void await_end() { ended_.get_future().get(); }

  void offer(cloud::Dispatch dispatch) override {
    taken_ = dispatch;
    say("SET " + cbor::to_json(*dispatch.content.bytes).value());
  }
  void close(device::Disconnection) override { socket_.close(); }
  Asked asked(const es::CorrelationId&) const override { return Asked::awaited; }
  void forget_unpublished() override {}
  void begin_protocol_log() override {}

 private:
  net::awaitable<void> serve() {
    socket_ = co_await acceptor_.async_accept(asio::use_awaitable);
    std::string input;
    for (;;) {
      const auto [failed, size] = co_await asio::async_read_until(socket_, asio::dynamic_buffer(input), '\n',
                                                                  asio::as_tuple(asio::use_awaitable));
      if (failed) break;
      const std::string line = input.substr(0, size - 1);
      input.erase(0, size);
      if (line.starts_with("HELLO ")) co_await welcome(line.substr(6, 36), line.substr(43));
      if (line.starts_with("IS ")) co_await tell(line.substr(3));
      if (line == "DONE") co_await confirm();
    }
    co_await cloud_.disconnect(session_, device::Disconnection::closed);
    ended_.set_value();
  }

  net::awaitable<void> welcome(std::string di, std::string code) {
    const DeviceId device = DeviceId::parse(di).value();
    account::SignUp sign_up(device, code, net::wall_now());
    const auto signed_up = co_await cloud_.sign_up(std::move(sign_up));
    cloud::SignIn sign_in(device, signed_up.value().tokens.access_token);
    sign_in.uid = signed_up->tokens.uid;
    sign_in.transport = "lines";
    session_ = (co_await cloud_.sign_in(std::move(sign_in), *this)).value();
    Link link;
    link.href = lamp;
    link.resource_types = {"x.lamp"};
    link.interfaces = {"oic.if.rw"};
    std::vector<Link> links(1, link);
    (co_await cloud_.publish(session_, std::move(links), std::string("lamp"), std::chrono::seconds(0)))
        .value();
    say("WELCOME");
  }

  net::awaitable<void> tell(std::string json) {
    cloud::Notification notification;
    notification.href = lamp;
    notification.content = {cbor_format, share(cbor::from_json(json).value())};
    notification.sequence = ++sequence_;
    (co_await cloud_.notify(session_, std::move(notification))).value();
  }

  net::awaitable<void> confirm() {
    cloud::Confirmation confirmation;
    confirmation.correlation = taken_.correlation;
    confirmation.href = taken_.href;
    confirmation.status = resource::Status::changed;
    confirmation.sequence = ++sequence_;
    (co_await cloud_.confirm(session_, std::move(confirmation))).value();
  }

  void say(const std::string& line) { asio::write(socket_, asio::buffer(line + '\n')); }

  cloud::Cloud& cloud_;
  tcp::acceptor acceptor_;
  tcp::socket socket_;
  cloud::DeviceSession session_;
  cloud::Dispatch taken_;
  std::uint64_t sequence_ = 0;
  std::promise<void> ended_;
};

// The device at the other end, blocking.
class LineDevice {
 public:
  explicit LineDevice(std::uint16_t port) {
    socket_.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
  }
  void say(const std::string& line) { asio::write(socket_, asio::buffer(line + '\n')); }
  std::string hear() {
    const std::size_t size = asio::read_until(socket_, asio::dynamic_buffer(input_), '\n');
    const std::string line = input_.substr(0, size - 1);
    input_.erase(0, size);
    return line;
  }

 private:
  asio::io_context context_;
  tcp::socket socket_{context_};
  std::string input_;
};

// A hub with the gateway beside it, and Alice, whose lamp may sign up.
class SecondGateway : public testing::Test {
 protected:
  const ScratchDirectory scratch;
  RunningHub hub{on_free_ports(scratch.path() / "data")};
  LineGateway gateway{hub.hub()};
  const std::string di = "00000000-0000-4000-8000-000000000007";
  const std::string code = text_in(hub.ask({{"verb", "onboard"}, {"owner", "alice"}}), "code");
  const std::string token = text_in(hub.ask({{"verb", "token"}, {"owner", "alice"}}), "token");
  const ApiClient api{*hub.addresses().http, token};
  const std::string resource = "/api/v1/devices/" + di + "/resources/lamp";
};

TEST_F(SecondGateway, StandsBesideTheCoapGateway) {
  {
    LineDevice device(gateway.port());
    device.say("HELLO " + di + ' ' + code);
    EXPECT_EQ(device.hear(), "WELCOME");
    device.say(R"(IS {"power":1})");
    auto updated = std::async(std::launch::async, [&] { return api.put(resource, R"({"power":7})"); });
    EXPECT_EQ(device.hear(), R"(SET {"power":7})");
    device.say(R"(IS {"power":7})");
    device.say("DONE");
    EXPECT_EQ(updated.get().status, 204u);
    EXPECT_EQ(api.get(resource).body, R"({"power":7})");
    EXPECT_NE(api.get("/api/v1/devices/" + di).body.find(R"("online":true)"), std::string::npos);
  }
  gateway.await_end();
  EXPECT_NE(api.get("/api/v1/devices/" + di).body.find(R"("online":false)"), std::string::npos);
  EXPECT_EQ(api.get(resource).body, R"({"power":7})") << "the shadow";
}

// Another node records something about the lamp that this one has not heard of.
net::awaitable<void> write_beside(Hub& hub, es::StreamId stream, es::Version version,
                                  std::promise<bool>& done) {
  es::EncodedEvent encoded = resource::Resource::encode(resource::NotificationRejected{"written beside", 1});
  es::NewEvent event;
  event.id = es::EventId(random_uuid());
  event.type = std::move(encoded.type);
  event.data = std::move(encoded.data);
  event.time = net::wall_now();
  event.audit.owner = "alice";
  std::vector<es::NewEvent> events(1, event);
  es::Append append(std::move(stream), version, std::move(events));
  const auto stored = co_await hub.store().append(std::move(append));
  done.set_value(stored.has_value());
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// R8: the cloud decides on the state that it keeps, loses the race for the version and decides anew.
TEST_F(SecondGateway, ACommandIsDecidedAnewIfAnotherWriterWasQuicker) {
  const device::DeviceKey key(account::Tenant("default"), DeviceId::parse(di).value(), 1);
  {
    LineDevice device(gateway.port());
    device.say("HELLO " + di + ' ' + code);
    EXPECT_EQ(device.hear(), "WELCOME");
    es::Version version = 0;
    for (int power = 1; power <= 5; ++power) {
      std::promise<bool> written;
      hub.hub().shard().post([&] {
        hub.hub().shard().spawn(write_beside(hub.hub(), resource::stream_of(key, lamp), version, written));
      });
      EXPECT_TRUE(written.get_future().get());
      const std::string wanted = R"({"power":)" + std::to_string(power) + '}';
      auto updated = std::async(std::launch::async, [&] { return api.put(resource, wanted); });
      EXPECT_EQ(device.hear(), "SET " + wanted);
      device.say("DONE");
      EXPECT_EQ(updated.get().status, 204u) << "nobody notices";
      version += 4;  // written beside, pending, dispatched, updated
    }
  }
  gateway.await_end();
  const std::string history = api.get("/api/v1/devices/" + di + "/history?href=/lamp").body;
  EXPECT_EQ(count_of(history, "NotificationRejected"), 5u);
  EXPECT_EQ(count_of(history, "\"ResourceUpdated\""), 5u);
  EXPECT_EQ(count_of(history, "\"version\":"), 20u);
}

}  // namespace
}  // namespace ocf::server
