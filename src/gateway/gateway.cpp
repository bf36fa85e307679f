#include "gateway/gateway.hpp"

#include "base/random.hpp"
#include "gateway/connection.hpp"
#include "net/readiness.hpp"
#include "net/tcp_stream.hpp"
#include "net/tls_stream.hpp"

#include <algorithm>

namespace ocf::gateway {

Gateway::Gateway(net::Shard& shard, cloud::Cloud& cloud, const Limits& limits, Log log)
    : shard_(shard),
      cloud_(cloud),
      limits_(limits),
      log_(std::move(log)),
      settings_{limits, {}, {}},
      connection_limit_(limits.connections_max),
      handshakes_(SIZE_MAX),
      newcomers_(limits),
      accepts_(limits.accepts_per_second),
      sign_ins_(limits.sign_ins_per_second),
      drain_timer_(shard.timers(), [this](SteadyTime now) { drain_more(now); }) {}

Gateway::Gateway(net::Shard& shard, cloud::Cloud& cloud, const Limits& limits, const LogText& log)
    : Gateway(shard, cloud, limits, Log([log](const telemetry::LogLine& line) {
                log(telemetry::name_of(line.level), telemetry::for_people(line));
              })) {}

Gateway::~Gateway() = default;

Result<net::Endpoint> Gateway::listen_tcp(const net::Endpoint& endpoint) {
  auto listener = net::Listener::open(
      shard_, endpoint, connection_limit_,
      [this](net::Socket socket, Slot slot) { admit_tcp(std::move(socket), std::move(slot)); },
      [this](const net::Endpoint& peer) { turn_away_above_max(peer); }, [this] { return next_accept(); });
  if (!listener) return listener.error();
  const net::Endpoint bound = (*listener)->endpoint();
  listeners_.push_back(std::move(*listener));
  advertise_tcp(net::to_text(bound));
  return bound;
}

Result<net::Endpoint> Gateway::listen_tls(const net::Endpoint& endpoint,
                                          std::shared_ptr<const net::TlsServerContext> context) {
  use(std::move(context));
  auto listener = net::Listener::open(
      shard_, endpoint, connection_limit_,
      [this](net::Socket socket, Slot slot) { admit_tls(std::move(socket), std::move(slot)); },
      [this](const net::Endpoint& peer) { turn_away_above_max(peer); }, [this] { return next_handshake(); });
  if (!listener) return listener.error();
  const net::Endpoint bound = (*listener)->endpoint();
  listeners_.push_back(std::move(*listener));
  advertise_tls(net::to_text(bound));
  return bound;
}

std::size_t Gateway::use(std::shared_ptr<const net::TlsServerContext> context) {
  tls_context_ = std::move(context);
  const std::list<Connection*> open(connections_);
  return static_cast<std::size_t>(std::count_if(
      open.begin(), open.end(), [](Connection* connection) { return connection->close_if_revoked(); }));
}

// No earlier than missing Pongs would end it (see Session::tick): a peer is heard whenever it acknowledges.
// It is for what Pings do not watch: connections that are not signed in, and the last words of those that
// close.
void Gateway::give_up_on_silence(net::Socket& socket) const {
  net::give_up_after(socket, std::chrono::milliseconds(limits_.ping_interval) * 3 / 2);
}

void Gateway::serve(std::unique_ptr<net::Stream> stream) {
  auto slot = connection_limit_.take();
  if (slot) accept(std::move(stream), std::move(*slot));
}

// -- Admission

SteadyTime Gateway::next_accept() {
  if (is_shedding_) return SteadyTime::max();
  const SteadyTime now = net::steady_now();
  const auto wait = accepts_.wait(now);
  if (wait.count() > 0) cloud_.metrics().limit_hits.hit("accepts_per_second");
  return now + wait;
}

SteadyTime Gateway::next_handshake() {
  if (handshakes_.open() < limits_.handshakes_in_flight_max) return next_accept();
  cloud_.metrics().limit_hits.hit("handshakes_in_flight_max");
  return SteadyTime::max();
}

void Gateway::handshake_ended() {
  for (const auto& listener : listeners_) listener->resume();
}

void Gateway::admit_tcp(net::Socket socket, Slot slot) {
  if (!admits(socket)) return;
  metrics_.accepted.add("tcp");
  accept(std::make_unique<net::TcpStream>(std::move(socket)), std::move(slot));
}

void Gateway::admit_tls(net::Socket socket, Slot slot) {
  if (!admits(socket)) return;
  metrics_.accepted.add("tls");
  accept(std::make_unique<net::TlsStream>(std::move(socket), *tls_context_), std::move(slot),
         handshakes_.take());
}

void Gateway::turn_away_above_max(const net::Endpoint& peer) {
  accepts_.take(net::steady_now());
  turn_away(peer, "connections_max");
}

bool Gateway::admits(net::Socket& socket) {
  accepts_.take(net::steady_now());
  Error gone;
  const net::Endpoint peer = socket.remote_endpoint(gone);
  if (gone) return false;
  const std::string_view limit = newcomers_.limit_above(peer.address());
  if (!limit.empty()) {
    turn_away(peer, limit);
    return false;
  }
  give_up_on_silence(socket);
  return true;
}

std::size_t Gateway::shed(std::size_t most) {
  if (!std::exchange(is_shedding_, true)) {
    for (const auto& listener : listeners_) listener->pause();
  }
  const auto newest = newcomers_.newest(most);
  for (Connection* connection : newest) connection->shed();
  return newest.size();
}

void Gateway::accept_again() {
  is_shedding_ = false;
  for (const auto& listener : listeners_) listener->resume();
}

// Devices that are told the same time come back together, so each is told another.
std::optional<std::chrono::seconds> Gateway::take_sign_in() {
  constexpr std::uint64_t soonest = 2, latest = 30;
  if (sign_ins_.take(net::steady_now())) return std::nullopt;
  return std::chrono::seconds(soonest + random_bytes(1).front() % (latest - soonest + 1));
}

void Gateway::accept(std::unique_ptr<net::Stream> stream, Slot slot, std::optional<Slot> handshake) {
  if (gate_.closed()) return;
  const auto connection =
      std::make_shared<Connection>(*this, std::move(stream), std::move(slot), std::move(handshake));
  const auto run = [](std::shared_ptr<Connection> self) -> awaitable<void> { co_await self->run(); };
  shard_.spawn(run(connection));
}

void Gateway::turn_away(const net::Endpoint& peer, std::string_view limit) {
  device::Refusal refusal;
  refusal.time = net::wall_now();
  refusal.fault = {device::Stage::tcp, device::Cause::too_many_connections};
  refusal.peer = net::to_text(peer);
  refusal.reason = "closed: there are too many connections, more than limits." + std::string(limit);
  refusal.limit = limit;
  note(std::move(refusal));
}

void Gateway::note(device::Refusal refusal) {
  cloud_.metrics().limit_hits.hit(refusal.limit);
  cloud_.note(std::move(refusal));
}

Levels Gateway::levels() const {
  Levels levels;
  for (const Connection* connection : connections_) connection->add_to(levels);
  return levels;
}

std::vector<Busy> Gateway::take_busiest(std::size_t most) {
  std::vector<Busy> devices;
  for (Connection* connection : connections_) {
    const Busy busy = connection->take_busy();
    if (busy.messages > 0 && busy.device != DeviceId()) devices.push_back(busy);
  }
  const auto end = devices.begin() + static_cast<std::ptrdiff_t>(std::min(most, devices.size()));
  std::partial_sort(devices.begin(), end, devices.end(),
                    [](const Busy& a, const Busy& b) { return a.messages > b.messages; });
  devices.erase(end, devices.end());
  return devices;
}

std::size_t Gateway::drain(unsigned per_second) {
  listeners_.clear();
  drain_rate_ = per_second;
  const bool begins = drain_impatient_ == SteadyTime::min();
  if (begins) {
    drain_impatient_ = net::steady_now() + limits_.command_time;
    log_(telemetry::LogLine(Level::info, "drain_begun",
                            "nobody is accepted any more; " + std::to_string(connections_.size()) +
                                " connections are sent away, " + std::to_string(per_second) + " per second"));
  }
  if (!drain_timer_.scheduled() && (begins || !connections_.empty()))
    drain_timer_.schedule(net::steady_now());
  return connections_.size();
}

// Once per second at least one, more often than that where more than one is due.
void Gateway::drain_more(SteadyTime now) {
  constexpr unsigned steps_per_second = 10;
  const unsigned steps = std::min(drain_rate_, steps_per_second);
  drain_owed_ += drain_rate_;
  std::size_t due = drain_owed_ / steps;
  drain_owed_ %= steps;
  for (Connection* connection : std::list<Connection*>(connections_)) {
    if (due == 0) break;
    const bool waits = now < drain_impatient_ && !connection->is_idle();
    if (!waits && connection->release()) --due;
  }
  if (connections_.empty())
    log_(telemetry::LogLine(Level::info, "drain_ended",
                            "no connection is open any more: the hub can be stopped"));
  else
    drain_timer_.schedule(now + std::chrono::milliseconds(1000) / steps);
}

awaitable<void> Gateway::stop() {
  drain_timer_.cancel();
  listeners_.clear();
  gate_.close();
  for (Connection* connection : std::list<Connection*>(connections_)) connection->release();
  co_await gate_.left();
}

}  // namespace ocf::gateway
