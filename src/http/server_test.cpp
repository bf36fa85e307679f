#include "http/server.hpp"

#include "http/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

namespace ocf::http {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// Pieces that the test says, then waits until it is canceled.
class FakeBody final : public LiveBody {
 public:
  FakeBody(asio::io_context& context, std::vector<std::string> pieces, bool& ended)
      : pieces_(std::move(pieces)),
        canceled_(context, asio::steady_timer::time_point::max()),
        ended_(ended) {}
  ~FakeBody() override { ended_ = true; }

  awaitable<std::optional<std::string>> next() override {
    if (at_ < pieces_.size()) co_return pieces_[at_++];
    co_await canceled_.async_wait(as_result);
    co_return std::nullopt;
  }
  void cancel() override { canceled_.cancel(); }

 private:
  std::vector<std::string> pieces_;
  std::size_t at_ = 0;
  asio::steady_timer canceled_;
  bool& ended_;
};

// A client's side of one connection.
class Client {
 public:
  Client(asio::io_context& context, const net::Endpoint& endpoint) : socket_(context) {
    socket_.connect(endpoint);
  }

  awaitable<bool> say(std::string text) {
    const auto [error, bytes] = co_await asio::async_write(socket_, asio::buffer(text), as_result);
    co_return !error;
  }
  // What the server sends until the text has this in it, or the server has ended the connection.
  awaitable<std::string> hear(std::string until) {
    while (heard_.find(until) == std::string::npos) {
      const std::size_t before = heard_.size();
      heard_.resize(before + 4096);
      const auto [error, bytes] =
          co_await socket_.async_read_some(asio::buffer(heard_.data() + before, 4096), as_result);
      heard_.resize(before + bytes);
      if (error) break;
    }
    co_return std::exchange(heard_, {});
  }
  awaitable<std::string> hear_everything() { co_return co_await hear("\xff no such thing"); }
  void hang_up() { socket_.close(); }

 private:
  tcp::socket socket_;
  std::string heard_;
};

class HttpServer : public ::testing::Test {
 protected:
  ~HttpServer() override {
    if (!server) return;
    server->close();
    run(server->left());
    server.reset();
    context.restart();
    context.poll();
  }

  void open() {
    auto opened =
        Server::open(context, {asio::ip::address_v4::loopback(), 0}, limits, [this](Request request) {
          received.push_back(request);
          return respond(std::move(request));
        });
    ASSERT_TRUE(opened) << opened.error().message();
    server = std::move(*opened);
  }

  awaitable<Response> respond(Request request) {
    if (request.target == "/live") {
      Response response(200);
      response.add("Content-Type", "text/event-stream");
      response.live =
          std::make_unique<FakeBody>(context, std::vector<std::string>{"one\n", "two\n"}, live_ended);
      co_return response;
    }
    if (request.target == "/slow") {
      slow_asked = true;
      co_await slow.async_wait(as_result);
    }
    if (request.target == "/large") co_return json_response(200, std::string(32 * 1024 * 1024, ' '));
    if (request.target == "/nothing") co_return Response(204);
    co_return json_response(200, "{\"body\":\"" + request.body + "\"}");
  }

  template <class T>
  T run(awaitable<T> task) {
    std::optional<T> result;
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr exception, T value) {
      if (exception) std::rethrow_exception(exception);
      result.emplace(std::move(value));
    });
    run_until([&] { return result.has_value(); });
    return std::move(*result);
  }
  void run(awaitable<void> task) {
    bool done = false;
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr) { done = true; });
    run_until([&] { return done; });
  }
  template <class Condition>
  void run_until(Condition condition) {
    context.restart();
    while (!condition()) {
      ASSERT_GT(context.run_one_for(std::chrono::seconds(5)), 0u) << "nothing happens any more";
    }
  }

  // Everything the server says to this, until it ends the connection.
  std::string answer_to(std::string text) {
    Client client(context, server->endpoint());
    EXPECT_TRUE(run(client.say(std::move(text))));
    return run(client.hear_everything());
  }

  static std::string get(std::string_view target, std::string_view more = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: hub\r\n" + std::string(more) + "\r\n";
  }

  asio::io_context context;
  Limits limits;
  std::vector<Request> received;
  bool live_ended = false;
  bool slow_asked = false;
  asio::steady_timer slow{context, asio::steady_timer::time_point::max()};
  std::unique_ptr<Server> server;
};

bool begins(const std::string& text, std::string_view beginning) { return text.starts_with(beginning); }

TEST_F(HttpServer, HandsOverTheRequestAndSendsTheResponse) {
  open();
  const std::string answer = answer_to(
      "PUT /a%20b?c=d HTTP/1.1\r\nHost: hub\r\nX-One: 1\r\nConnection: close\r\nContent-Length: "
      "5\r\n\r\nhello");
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].method, "PUT");
  EXPECT_EQ(received[0].target, "/a%20b?c=d");
  EXPECT_EQ(received[0].field("x-one"), "1");
  EXPECT_EQ(received[0].body, "hello");
  EXPECT_PRED2(begins, answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n");
  EXPECT_NE(answer.find("\r\nCache-Control: no-cache\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\nContent-Length: 16\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n{\"body\":\"hello\"}")) << answer;
}

TEST_F(HttpServer, KeepsAConnectionForTheNextRequest) {
  open();
  Client client(context, server->endpoint());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(run(client.say(get("/"))));
    EXPECT_PRED2(begins, run(client.hear("{\"body\":\"\"}")), "HTTP/1.1 200 OK\r\n");
  }
  EXPECT_EQ(received.size(), 3u);
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
  open();
  const std::string answer = answer_to(get("/1") + get("/nothing") + get("/3", "Connection: close\r\n"));
  ASSERT_EQ(received.size(), 3u);
  EXPECT_EQ(received[2].target, "/3");
  const auto second = answer.find("HTTP/1.1 204 No Content\r\n");
  ASSERT_NE(second, std::string::npos) << answer;
  EXPECT_GT(answer.find("HTTP/1.1 200", second), second);
}

TEST_F(HttpServer, SendsNoLengthWhereThereIsNoBody) {
  open();
  const std::string answer = answer_to(get("/nothing", "Connection: close\r\n"));
  EXPECT_PRED2(begins, answer, "HTTP/1.1 204 No Content\r\n");
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos) << answer;
}

TEST_F(HttpServer, SendsTheHeaderAloneToHead) {
  open();
  const std::string answer =
      answer_to("HEAD / HTTP/1.1\r\nHost: hub\r\n\r\n" + get("/nothing", "Connection: close\r\n"));
  EXPECT_PRED2(begins, answer, "HTTP/1.1 200 OK\r\n");
  EXPECT_NE(answer.find("\r\nContent-Length: 11\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\n\r\nHTTP/1.1 204 No Content\r\n"), std::string::npos) << answer;
}

TEST_F(HttpServer, RefusesWhatIsNotHttp) {
  open();
  for (const char* text :
       {"\x16\x03\x01\x02\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: hub\r\nbroken\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: hub\r\nContent-Length: x\r\n\r\n"}) {
    const std::string answer = answer_to(text);
    EXPECT_PRED2(begins, answer, "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n");
    EXPECT_NE(answer.find("\"reason\":\"malformed_request\""), std::string::npos) << answer;
  }
  EXPECT_TRUE(received.empty());
}

TEST_F(HttpServer, RefusesAHeaderAboveTheLimit) {
  limits.http_header_bytes_max = 1024;
  open();
  const std::string answer = answer_to(get("/", "X: " + std::string(2000, 'x') + "\r\n"));
  EXPECT_PRED2(begins, answer, "HTTP/1.1 431 Request Header Fields Too Large\r\n");
  EXPECT_TRUE(received.empty());
}

TEST_F(HttpServer, RefusesAnExtensionOfAChunkAndATrailerAboveTheLimitOfTheHeader) {
  limits.http_header_bytes_max = 1024;
  open();
  const std::string head =
      "PUT / HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string much(2000, 'x');
  for (const std::string& body :
       {"1;" + much + "\r\nx\r\n0\r\n\r\n", "1\r\nx\r\n0\r\nX: " + much + "\r\n\r\n"})
    EXPECT_PRED2(begins, answer_to(head + body), "HTTP/1.1 431 Request Header Fields Too Large\r\n");
  EXPECT_TRUE(received.empty());
  EXPECT_PRED2(begins, answer_to(head + "1;y=z\r\nx\r\n0\r\nX: y\r\n\r\n"), "HTTP/1.1 200 OK\r\n");
}

TEST_F(HttpServer, TakesABodyOfTheLimitThatIsLargerThanTheHeaderMayBe) {
  limits.http_header_bytes_max = 1024;
  limits.http_body_bytes_max = 100'000;
  open();
  const std::string body(100'000, 'x'), head = "PUT / HTTP/1.1\r\nHost: hub\r\n";
  const std::string length = head + "Content-Length: 100000\r\n\r\n" + body;
  const std::string chunk = head + "Transfer-Encoding: chunked\r\n\r\n186a0\r\n" + body + "\r\n0\r\n\r\n";
  answer_to(length + chunk + get("/", "Connection: close\r\n"));
  ASSERT_EQ(received.size(), 3u);
  EXPECT_EQ(received[0].body, body);
  EXPECT_EQ(received[1].body, body);
}

TEST_F(HttpServer, RefusesABodyAboveTheLimitAnnouncedOrNot) {
  limits.http_body_bytes_max = 100;
  open();
  const std::string head = "PUT / HTTP/1.1\r\nHost: hub\r\n";
  const std::string chunk = "65\r\n" + std::string(101, 'x') + "\r\n0\r\n\r\n";
  for (const std::string& text : {head + "Content-Length: 101\r\n\r\n" + std::string(101, 'x'),
                                  head + "Transfer-Encoding: chunked\r\n\r\n" + chunk}) {
    EXPECT_PRED2(begins, answer_to(text), "HTTP/1.1 413 Content Too Large\r\n");
  }
  EXPECT_TRUE(received.empty());
}

TEST_F(HttpServer, AsksForTheBodyWhereTheClientWaitsForThat) {
  open();
  Client client(context, server->endpoint());
  ASSERT_TRUE(
      run(client.say("PUT / HTTP/1.1\r\nHost: hub\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")));
  EXPECT_EQ(run(client.hear("\r\n\r\n")), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(run(client.say("ok")));
  EXPECT_PRED2(begins, run(client.hear("{\"body\":\"ok\"}")), "HTTP/1.1 200 OK\r\n");
}

TEST_F(HttpServer, ClosesAConnectionThatSaysNothing) {
  limits.http_idle_time = std::chrono::seconds(0);
  open();
  Client client(context, server->endpoint());
  EXPECT_EQ(run(client.hear_everything()), "");
}

TEST_F(HttpServer, RefusesOneConnectionTooMany) {
  limits.http_connections_max = 1;
  open();
  Client first(context, server->endpoint());
  ASSERT_TRUE(run(first.say(get("/"))));
  run(first.hear("{\"body\":\"\"}"));
  Client second(context, server->endpoint());
  const std::string answer = run(second.hear_everything());
  EXPECT_PRED2(begins, answer, "HTTP/1.1 503 Service Unavailable\r\n");
  EXPECT_NE(answer.find("\r\nRetry-After: "), std::string::npos) << answer;
  EXPECT_NE(answer.find("\"reason\":\"too_many_connections\""), std::string::npos) << answer;
  ASSERT_TRUE(run(first.say(get("/"))));
  EXPECT_PRED2(begins, run(first.hear("{\"body\":\"\"}")), "HTTP/1.1 200 OK\r\n");
}

TEST_F(HttpServer, SendsALiveBodyPieceByPieceAndEndsItWhenTheClientGoes) {
  open();
  Client client(context, server->endpoint());
  ASSERT_TRUE(run(client.say(get("/live"))));
  const std::string heard = run(client.hear("two\n"));
  EXPECT_PRED2(begins, heard, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n");
  EXPECT_NE(heard.find("\r\nConnection: close\r\n"), std::string::npos) << heard;
  EXPECT_EQ(heard.find("Content-Length"), std::string::npos) << heard;
  EXPECT_NE(heard.find("\r\n\r\none\ntwo\n"), std::string::npos) << heard;
  EXPECT_FALSE(live_ended);
  client.hang_up();
  run_until([&] { return live_ended; });
  EXPECT_TRUE(live_ended);
}

TEST_F(HttpServer, EndsLiveBodiesAndIdleConnectionsWhenItStops) {
  open();
  Client live(context, server->endpoint()), idle(context, server->endpoint());
  ASSERT_TRUE(run(live.say(get("/live"))));
  run(live.hear("two\n"));
  ASSERT_TRUE(run(idle.say(get("/"))));
  run(idle.hear("{\"body\":\"\"}"));
  server->close();
  run(server->left());
  EXPECT_TRUE(live_ended);
  EXPECT_EQ(run(live.hear_everything()), "");
  EXPECT_EQ(run(idle.hear_everything()), "");
}

TEST_F(HttpServer, FinishesARequestThatIsUnderWayWhenItStops) {
  open();
  Client client(context, server->endpoint());
  ASSERT_TRUE(run(client.say(get("/slow"))));
  run_until([&] { return slow_asked; });
  server->close();
  slow.cancel();
  const std::string answer = run(client.hear_everything());
  EXPECT_PRED2(begins, answer, "HTTP/1.1 200 OK\r\n");
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos) << answer;
  client.hang_up();
  run(server->left());
}

TEST_F(HttpServer, DoesNotWaitForWhoReadsNothingWhenItStops) {
  open();
  Client client(context, server->endpoint());
  ASSERT_TRUE(run(client.say(get("/large"))));
  ASSERT_NE(run(client.hear("200 OK")), "");
  server->close();
  run(server->left());
  EXPECT_EQ(server->connections(), 0u);
}

TEST_F(HttpServer, AcceptsNobodyOnceItStops) {
  open();
  const net::Endpoint endpoint = server->endpoint();
  server->close();
  run(server->left());
  tcp::socket socket(context);
  boost::system::error_code error;
  socket.connect(endpoint, error);
  EXPECT_EQ(error, asio::error::connection_refused);
}

TEST_F(HttpServer, ListensOnLoopbackOnly) {
  const auto answer = [](Request) -> awaitable<Response> { co_return Response(200); };
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1"}) {
    const auto opened = Server::open(context, {asio::ip::make_address(address), 0}, limits, answer);
    ASSERT_FALSE(opened) << address;
    EXPECT_EQ(opened.error(), HttpError::not_loopback);
    EXPECT_NE(opened.error().message().find("TLS"), std::string::npos);
  }
}

TEST_F(HttpServer, SaysThatItsAddressIsTaken) {
  open();
  const auto opened = Server::open(context, server->endpoint(), limits,
                                   [](Request) -> awaitable<Response> { co_return Response(200); });
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), asio::error::address_in_use);
}

}  // namespace
}  // namespace ocf::http
