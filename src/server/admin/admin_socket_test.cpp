#include "server/admin/admin_socket.hpp"

#include "server/admin/admin_client.hpp"
#include "server/data_directory.hpp"
#include "server/exit.hpp"
#include "server/scratch_directory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <sys/stat.h>
#include <vector>

namespace ocf::server {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using Protocol = asio::local::stream_protocol;

// Says what it was asked; "fail" with "exit" is refused with that exit.
net::awaitable<json::object> echo(json::object request, uid_t) {
  if (request.if_contains("fail")) {
    const std::string exit(request.at("exit").as_string());
    co_return refusal("as you wish", exit.c_str());
  }
  json::object answer;
  answer["asked"] = std::move(request);
  co_return answer;
}

class AdminSocketTest : public testing::Test {
 protected:
  AdminSocketTest() {
    socket_.start();
    shard_.start();
  }
  ~AdminSocketTest() override {
    stop();
    shard_.stop();
    shard_.join();
  }

  void stop() { asio::co_spawn(shard_.context(), socket_.stop(), asio::use_future).get(); }

  std::filesystem::path path() const { return admin_socket_path(directory_.path()); }

  Protocol::socket connect() {
    Protocol::socket peer(client_);
    peer.connect(Protocol::endpoint(path().string()));
    return peer;
  }

  // The line that comes, without its end; empty: the connection ended before one.
  std::string line_from(Protocol::socket& peer) {
    std::string line;
    boost::system::error_code error;
    const std::size_t size = asio::read_until(peer, asio::dynamic_buffer(line), '\n', error);
    return error ? "" : line.substr(0, size - 1);
  }

  json::object answer_to(const std::string& text) {
    Protocol::socket peer = connect();
    boost::system::error_code ignored;  // the hub may close before it has read everything
    asio::write(peer, asio::buffer(text), ignored);
    return json::parse(line_from(peer)).as_object();
  }

  ScratchDirectory directory_;
  asio::io_context client_;
  net::Shard shard_{"test"};
  AdminSocket socket_{shard_, path(), echo};
};

TEST_F(AdminSocketTest, AnswersOneLineWithOne) {
  EXPECT_EQ(json::serialize(answer_to("{\"verb\":\"status\"}\n")), R"({"asked":{"verb":"status"}})");
}

TEST_F(AdminSocketTest, ClosesAfterTheAnswer) {
  Protocol::socket peer = connect();
  asio::write(peer, asio::buffer(std::string("{}\n{}\n")));
  EXPECT_NE(line_from(peer), "");
  EXPECT_EQ(line_from(peer), "");
}

TEST_F(AdminSocketTest, IsOpenToItsUserOnly) {
  struct stat status {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_TRUE(may_command(1000, 1000));
  EXPECT_TRUE(may_command(0, 1000));
  EXPECT_FALSE(may_command(1001, 1000));
}

TEST_F(AdminSocketTest, RefusesWhatIsNoObject) {
  for (const char* wrong : {"hello\n", "[]\n", "{\"verb\":\n", "\n"}) {
    EXPECT_EQ(answer_to(wrong).at("error").as_string(), "a request is one JSON object") << wrong;
  }
}

TEST_F(AdminSocketTest, RefusesALineThatIsTooLong) {
  const std::string line(AdminSocket::request_bytes_max, 'x');
  EXPECT_EQ(answer_to(line).at("error").as_string(), "a request is one line of at most 65536 bytes");
}

TEST_F(AdminSocketTest, ConnectionsAboveItsLimitWaitUntilOthersEnd) {
  std::vector<Protocol::socket> silent;
  for (std::size_t i = 0; i < AdminSocket::connections_max; ++i) silent.push_back(connect());
  Protocol::socket one_more = connect();
  asio::write(one_more, asio::buffer(std::string("{\"one\":\"more\"}\n")));
  for (int turn = 0; turn < 100; ++turn) {
    std::promise<void> turned;
    shard_.post([&turned] { turned.set_value(); });
    turned.get_future().get();
  }
  EXPECT_EQ(one_more.available(), 0u);

  asio::write(silent.front(), asio::buffer(std::string("{}\n")));
  EXPECT_EQ(line_from(silent.front()), R"({"asked":{}})");
  EXPECT_EQ(line_from(one_more), R"({"asked":{"one":"more"}})");
}

TEST_F(AdminSocketTest, StoppingCutsWhoWaits) {
  std::vector<Protocol::socket> silent;
  for (std::size_t i = 0; i < AdminSocket::connections_max + 2; ++i) silent.push_back(connect());
  stop();
  for (Protocol::socket& peer : silent) EXPECT_EQ(line_from(peer), "");
}

TEST_F(AdminSocketTest, StoppingCutsConnectionsAndRemovesTheFile) {
  Protocol::socket silent = connect();
  answer_to("{}\n");  // the one before is accepted by now
  stop();
  EXPECT_EQ(line_from(silent), "");
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(AdminSocketTest, ReplacesTheSocketOfAKilledHub) {
  ScratchDirectory other;
  std::ofstream(admin_socket_path(other.path())) << "left over";
  net::Shard shard("other");
  AdminSocket socket(shard, admin_socket_path(other.path()), echo);
  EXPECT_TRUE(std::filesystem::is_socket(admin_socket_path(other.path())));
}

TEST_F(AdminSocketTest, APathThatIsTooLongIsASentence) {
  const std::filesystem::path path = "/tmp/" + std::string(120, 'x');
  try {
    AdminSocket socket(shard_, path, echo);
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_EQ(e.what(), "the socket " + path.string() + " cannot be made: File name too long");
  }
}

Exit exit_of(const std::filesystem::path& data, const json::object& request) {
  try {
    ask_hub(data, request);
    return Exit::ok;
  } catch (const CommandFailure& e) {
    return e.exit();
  }
}

TEST_F(AdminSocketTest, ACommandGetsTheAnswer) {
  EXPECT_EQ(json::serialize(ask_hub(directory_.path(), {{"verb", "x"}})), R"({"asked":{"verb":"x"}})");
}

TEST_F(AdminSocketTest, ACommandEndsAsTheHubSays) {
  EXPECT_EQ(exit_of(directory_.path(), {{"fail", true}, {"exit", "failed"}}), Exit::failed);
  EXPECT_EQ(exit_of(directory_.path(), {{"fail", true}, {"exit", "usage"}}), Exit::usage);
  EXPECT_EQ(exit_of(directory_.path(), {{"fail", true}, {"exit", "not_found"}}), Exit::not_found);
}

TEST_F(AdminSocketTest, ACommandSaysThatNoHubRuns) {
  stop();
  EXPECT_EQ(exit_of(directory_.path(), {}), Exit::no_hub);
  EXPECT_EQ(exit_of("/nowhere", {}), Exit::no_hub);
  EXPECT_EQ(exit_of(std::string(200, 'x'), {}), Exit::no_hub);
}

}  // namespace
}  // namespace ocf::server
