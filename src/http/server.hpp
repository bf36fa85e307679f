// The HTTP server: connections, limits and time; what the answers are is somebody else's.
#pragma once

#include "base/limits.hpp"
#include "base/result.hpp"
#include "http/message.hpp"
#include "net/endpoint.hpp"
#include "net/gate.hpp"
#include "telemetry/limit_hits.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <list>
#include <memory>

namespace ocf::http {

// HTTP/1.1 with keep-alive, one coroutine per connection. Lives on one shard, whose loop is `context`, and so
// do the calls of `answer`. To stop: close(), let whoever the answers wait for end them, co_await left(),
// destroy.
class Server {
 public:
  // Called once per request; must not throw.
  using Answer = std::function<awaitable<Response>(Request)>;
  // Called for who is refused before there is a request to be answered; the peer as in Request.
  using Refused = std::function<void(const std::string& peer, const Error& error)>;

  // Who may connect: without TLS tokens do not leave the machine.
  enum class Reach { loopback, anywhere };

  // Binds and listens; port 0 lets the system choose. The limits outlive the server. Errors: not_loopback,
  // and those of the operating system.
  static Result<std::unique_ptr<Server>> open(boost::asio::io_context& context, const net::Endpoint& endpoint,
                                              const Limits& limits, Answer answer, Refused refused = nullptr,
                                              Reach reach = Reach::loopback);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // With the port that the system chose.
  const net::Endpoint& endpoint() const;

  std::size_t connections() const;
  const telemetry::LimitHits& limit_hits() const;

  // Nothing more is accepted; idle connections and live bodies end at once, others after the response they
  // wait for.
  void close();
  // Resumes when the last connection is gone; call close() first, and end what the answers wait for: a peer
  // that has not read its response a second later is cut off.
  awaitable<void> left();

 private:
  class Connections;
  explicit Server(std::unique_ptr<Connections> connections);

  std::unique_ptr<Connections> connections_;
};

}  // namespace ocf::http
