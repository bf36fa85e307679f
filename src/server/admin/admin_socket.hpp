// The hub's socket for commands on the same machine: <data>/ocf-cloud.sock. One line of JSON in, one line of
// JSON out, close.
#pragma once

#include "net/gate.hpp"
#include "net/shard.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <sys/types.h>

namespace ocf::server {

// Whether a peer may give orders to a hub: its own user and root may.
bool may_command(uid_t peer, uid_t hub);

// Only the hub's user and root get through: the socket has mode 0600, and the kernel says who connects
// (SO_PEERCRED). A line of more than request_bytes_max and one that is no JSON object are answered with
// {"error": sentence, "exit": "failed"}. Connections above connections_max wait in the kernel's queue, with
// what they have written; one that takes longer than exchange_time is closed, so that their turn comes. Lives
// on the shard.
class AdminSocket {
 public:
  static constexpr std::size_t request_bytes_max = 64 * 1024;  // a CA bundle fits
  static constexpr std::size_t connections_max = 8;
  static constexpr std::chrono::seconds exchange_time{10};

  // Answers one request of that user; it never throws.
  using Answer = std::function<net::awaitable<boost::json::object>(boost::json::object request, uid_t peer)>;

  // Binds and listens, replacing a socket that a killed hub left. Throws std::runtime_error with a sentence
  // if it cannot.
  AdminSocket(net::Shard& shard, std::filesystem::path path, Answer answer);
  ~AdminSocket();

  // Accepts from now on.
  void start();
  // Refuses new connections, cuts the open ones and removes the socket's file.
  net::awaitable<void> stop();

 private:
  using Protocol = boost::asio::local::stream_protocol;
  using Socket = Protocol::socket;

  void bind();
  // One connection after another.
  net::awaitable<void> accept(net::Gate::Holder inside);
  net::awaitable<void> serve(std::shared_ptr<Socket> socket);
  net::awaitable<boost::json::object> exchange(Socket& socket);

  net::Shard& shard_;
  const std::filesystem::path path_;
  const Answer answer_;
  Protocol::acceptor acceptor_;
  std::list<std::weak_ptr<Socket>> open_;  // and some that are closed
  net::Gate gate_;
};

// What a request that failed is answered with; `exit` is "failed", "usage" or "not_found".
boost::json::object refusal(const std::string& sentence, const char* exit = "failed");

}  // namespace ocf::server
