// Listener: accepts TCP connections on one shard.
#pragma once

#include "base/result.hpp"
#include "net/connection_limit.hpp"
#include "net/endpoint.hpp"
#include "net/shard.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>

#include <functional>
#include <memory>

namespace ocf::net {

// Without SO_REUSEPORT, with which a second hub of the same user would take half of the connections.
// Connections above the limit are closed at once, and reported. When descriptors run out it pauses for a
// moment and tries again. What is not accepted yet waits in the kernel's queue. Lives on its shard;
// destroying it closes it.
class Listener {
 public:
  // Gets each accepted connection, on the shard. It must not destroy the listener.
  using Accepted = std::function<void(Socket socket, ConnectionLimit::Slot slot)>;
  // Gets the peer of each connection above the limit, likewise.
  using TurnedAway = std::function<void(const Endpoint& peer)>;
  // Says from when on the next connection may be accepted, likewise; max: not before resume().
  using Next = std::function<SteadyTime()>;

  // Binds and listens; port 0 lets the system choose. An IPv6 address listens on IPv6 alone. Call it on the
  // shard or before the shard runs. Errors: of the operating system (address in use, permission denied …).
  static Result<std::unique_ptr<Listener>> open(Shard& shard, const Endpoint& endpoint,
                                                ConnectionLimit& limit, Accepted accepted,
                                                TurnedAway turned_away, Next next = {});
  ~Listener();

  // `next` may say something else now: pause() if later, resume() if earlier.
  void pause();
  void resume();

  // Nothing more is accepted; may be called again.
  void close();

  // With the port that the system chose.
  const Endpoint& endpoint() const { return endpoint_; }
  // How often it had to pause.
  std::size_t pauses() const { return pauses_; }

 private:
  using Acceptor =
      boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

  Listener(Shard& shard, ConnectionLimit& limit, Accepted accepted, TurnedAway turned_away, Next next);
  Result<void> bind(const Endpoint& endpoint);
  void accept_next();
  void accept_finished(const Error& error, Socket socket);

  ConnectionLimit& limit_;
  const Accepted accepted_;
  const TurnedAway turned_away_;
  const Next next_;
  Acceptor acceptor_;
  Endpoint endpoint_;
  Timer retry_;
  std::size_t pauses_ = 0;
  bool accepting_ = false;
  std::shared_ptr<Listener*> alive_;  // completions that come after the end see it gone
};

}  // namespace ocf::net
