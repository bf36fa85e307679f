#include "net/listener.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>

namespace ocf::net {
namespace {

namespace asio = boost::asio;

constexpr int backlog = 4096;
constexpr std::chrono::milliseconds pause_after_error{100};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(Shard& shard, const Endpoint& endpoint,
                                                 ConnectionLimit& limit, Accepted accepted,
                                                 TurnedAway turned_away, Next next) {
  std::unique_ptr<Listener> listener(
      new Listener(shard, limit, std::move(accepted), std::move(turned_away), std::move(next)));
  const auto bound = listener->bind(endpoint);
  if (!bound) return bound.error();
  listener->accept_next();
  return listener;
}

Listener::Listener(Shard& shard, ConnectionLimit& limit, Accepted accepted, TurnedAway turned_away, Next next)
    : limit_(limit),
      accepted_(std::move(accepted)),
      turned_away_(std::move(turned_away)),
      next_(std::move(next)),
      acceptor_(shard.context()),
      retry_(shard.timers(), [this](SteadyTime) { accept_next(); }),
      alive_(std::make_shared<Listener*>(this)) {}

Listener::~Listener() { close(); }

Result<void> Listener::bind(const Endpoint& endpoint) {
  Error error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(Acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(backlog, error);
  if (!error) endpoint_ = acceptor_.local_endpoint(error);
  if (error) return error;
  return {};
}

void Listener::close() {
  retry_.cancel();
  Error ignored;
  acceptor_.close(ignored);
}

void Listener::pause() {
  Error ignored;
  if (accepting_) acceptor_.cancel(ignored);
}

void Listener::resume() {
  if (acceptor_.is_open() && !accepting_ && !retry_.scheduled()) accept_next();
}

void Listener::accept_next() {
  const SteadyTime at = next_ ? next_() : SteadyTime::min();
  if (at == SteadyTime::max()) return;
  if (at > steady_now()) return retry_.schedule(at);
  accepting_ = true;
  acceptor_.async_accept([alive = std::weak_ptr<Listener*>(alive_)](const Error& error, Socket socket) {
    if (const auto self = alive.lock()) (*self)->accept_finished(error, std::move(socket));
  });
}

void Listener::accept_finished(const Error& error, Socket socket) {
  accepting_ = false;
  if (!acceptor_.is_open()) return;
  if (error == boost::asio::error::operation_aborted) return resume();  // by pause()
  if (error) {
    // Descriptors or memory ran out, as a rule: the connection stays in the kernel's queue, and trying at
    // once would spin.
    ++pauses_;
    retry_.schedule(steady_now() + pause_after_error);
    return;
  }
  // Above the limit the socket closes as it goes out of scope.
  if (auto slot = limit_.take()) {
    accepted_(std::move(socket), std::move(*slot));
  } else {
    Error gone;
    turned_away_(socket.remote_endpoint(gone));
  }
  resume();  // unless whoever got it has done so
}

}  // namespace ocf::net
