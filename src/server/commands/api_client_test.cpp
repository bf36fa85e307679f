#include "server/commands/api_client.hpp"

#include "server/commands/command.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <thread>
#include <vector>

namespace ocf::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Takes one connection, reads a request's head and lets the test answer.
class OneRequest {
 public:
  using Respond = std::function<void(tcp::socket&)>;
  explicit OneRequest(Respond respond)
      : thread_([this, respond = std::move(respond)] {
          tcp::socket peer = acceptor_.accept();
          std::string received;
          const std::size_t size = asio::read_until(peer, asio::dynamic_buffer(received), "\r\n\r\n");
          head_ = received.substr(0, size);
          body_ = received.substr(size);
          respond(peer);
        }) {}
  ~OneRequest() {
    if (thread_.joinable()) thread_.join();
  }

  Address address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }
  // Once the answer is complete.
  const std::string& head() { return thread_.join(), head_; }
  const std::string& body() const { return body_; }

 private:
  asio::io_context context_;
  tcp::acceptor acceptor_{context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::string head_;
  std::string body_;
  std::thread thread_;
};

OneRequest::Respond text(std::string answer) {
  return [answer = std::move(answer)](tcp::socket& peer) { asio::write(peer, asio::buffer(answer)); };
}

TEST(ApiClient, AsksWithItsToken) {
  OneRequest hub(text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
  const ApiAnswer answer = ApiClient(hub.address(), "secret").get("/api/v1/devices");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.body, "{}");
  const std::string& head = hub.head();
  EXPECT_EQ(head.rfind("GET /api/v1/devices HTTP/1.1\r\n", 0), 0u);
  EXPECT_NE(head.find("\r\nAuthorization: Bearer secret\r\n"), std::string::npos);
  EXPECT_NE(head.find("\r\nHost: 127.0.0.1:"), std::string::npos);
}

TEST(ApiClient, PutsJson) {
  OneRequest hub(text("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
  const ApiAnswer answer = ApiClient(hub.address(), "t").put("/x", "[1]");
  EXPECT_EQ(answer.status, 404u);
  const std::string& head = hub.head();
  EXPECT_EQ(head.rfind("PUT /x HTTP/1.1\r\n", 0), 0u);
  EXPECT_NE(head.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(head.find("\r\nContent-Length: 3\r\n"), std::string::npos);
}

TEST(ApiClient, GivesEventsAsTheyComeAndEndsWithTheStream) {
  std::promise<void> first_came;
  OneRequest hub([&](tcp::socket& peer) {
    asio::write(peer, asio::buffer(std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                               "12\r\nevent: a\ndata: 1\n\n\r\n")));
    first_came.get_future().wait();
    asio::write(peer, asio::buffer(std::string("9\r\ndata: 2\n\n\r\n0\r\n\r\n")));
  });
  std::vector<std::string> events;
  const ApiAnswer answer = ApiClient(hub.address(), "t").follow("/x", [&](const ApiEvent& event) {
    events.push_back(event.name + "=" + event.data);
    if (events.size() == 1) first_came.set_value();
  });
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(events, (std::vector<std::string>{"a=1", "message=2"}));
}

TEST(ApiClient, ARefusedStreamGivesTheAnswer) {
  OneRequest hub(text("HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\n{\"detail\":1}"));
  const ApiAnswer answer = ApiClient(hub.address(), "t").follow("/x", [](const ApiEvent&) { FAIL(); });
  EXPECT_EQ(answer.status, 401u);
  EXPECT_EQ(answer.body, "{\"detail\":1}");
}

TEST(ApiClient, WhatIsNoHttpOrNotThereFails) {
  OneRequest hub(text("hello\r\n\r\n"));
  EXPECT_THROW(ApiClient(hub.address(), "t").get("/"), CommandFailure);
  asio::io_context context;
  tcp::acceptor closed(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const Address nobody{"127.0.0.1", closed.local_endpoint().port()};
  closed.close();
  EXPECT_THROW(ApiClient(nobody, "t").get("/"), CommandFailure);
}

std::vector<std::string> events_in(const std::vector<std::string>& pieces) {
  std::vector<std::string> events;
  EventStreamReader reader([&](const ApiEvent& event) { events.push_back(event.name + "=" + event.data); });
  for (const std::string& piece : pieces) reader.feed(piece);
  return events;
}

TEST(EventStreamReader, CutsEventsAtEmptyLines) {
  using Events = std::vector<std::string>;
  EXPECT_EQ(events_in({"event: x\ndata: {}\n\ndata:2\n\n"}), (Events{"x={}", "message=2"}));
  EXPECT_EQ(events_in({"data: a\r\ndata: b\r\n\r\n"}), Events{"message=a\nb"});
  EXPECT_EQ(events_in({": still here\nid: 7\n\n"}), Events{});
  EXPECT_EQ(events_in({"data: not ended\n"}), Events{});
  EXPECT_EQ(events_in({"data\n\nnonsense\n\n"}), Events{});
}

TEST(EventStreamReader, DoesNotCareWhereThePiecesEnd) {
  const std::string stream = "event: x\r\nid: 1\r\ndata: {\"a\":1}\r\n\r\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    EXPECT_EQ(events_in({stream.substr(0, cut), stream.substr(cut)}), std::vector<std::string>{"x={\"a\":1}"})
        << cut;
  }
}

TEST(PercentEncoding, KeepsOnlyWhatAnyUrlMayHold) {
  EXPECT_EQ(percent_encoded("az-09._~"), "az-09._~");
  EXPECT_EQ(percent_encoded("/light 1?&#%"), "%2Flight%201%3F%26%23%25");
}

}  // namespace
}  // namespace ocf::server
