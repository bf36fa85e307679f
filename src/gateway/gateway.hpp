// The OCF CoAP Gateway: listeners for coap+tcp and coaps+tcp, and the connections that come from them.
#pragma once

#include "base/token_bucket.hpp"
#include "cloud/cloud.hpp"
#include "device/refusal.hpp"
#include "gateway/endpoint.hpp"
#include "gateway/metrics.hpp"
#include "gateway/newcomers.hpp"
#include "net/connection_limit.hpp"
#include "net/gate.hpp"
#include "net/listener.hpp"
#include "net/shard.hpp"
#include "net/stream.hpp"
#include "net/tls_context.hpp"
#include "telemetry/log.hpp"

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ocf::gateway {

class Connection;

using telemetry::Level;
using telemetry::Log;
// For tests: the level's name, and the line as people read it.
using LogText = std::function<void(std::string_view level, std::string_view line)>;

// Lives on one shard, that of the cloud. The shard, the cloud and the limits outlive it.
class Gateway {
 public:
  Gateway(net::Shard& shard, cloud::Cloud& cloud, const Limits& limits, Log log);
  Gateway(net::Shard& shard, cloud::Cloud& cloud, const Limits& limits, const LogText& log);
  ~Gateway();

  // The endpoint it really listens on. Errors: of the operating system.
  Result<net::Endpoint> listen_tcp(const net::Endpoint& endpoint);
  Result<net::Endpoint> listen_tls(const net::Endpoint& endpoint,
                                   std::shared_ptr<const net::TlsServerContext> context);

  // New connections get this context: another CA is trusted, a certificate was renewed or revoked. Open ones
  // keep theirs, but those whose certificate it says to be revoked are closed, and their devices go offline.
  // Returns how many. Costs a lookup for each connection over TLS.
  std::size_t use(std::shared_ptr<const net::TlsServerContext> context);

  // "host:port" that discovery answers with; by default the address that is listened on.
  void advertise_tls(std::string_view address) {
    settings_.tls_endpoint = "coaps+tcp://" + std::string(address);
  }
  void advertise_tcp(std::string_view address) {
    settings_.tcp_endpoint = "coap+tcp://" + std::string(address);
  }

  // Takes a connection that none of its listeners accepted; closes it at once if there are too many.
  void serve(std::unique_ptr<net::Stream> stream);

  // Before a stop: takes no more connections, and asks so many of the open ones per second to come back
  // later (RFC 8323 §5.5: Release), until none is left. One on which an answer is awaited keeps its turn
  // until the answer is there, at most for limits.command_time. Again: with another rate. Returns how many
  // are open.
  std::size_t drain(unsigned per_second);
  // The same at once; waits until they are gone.
  awaitable<void> stop();

  // While memory is short: closes at most so many of those who have not signed in, the newest first, and
  // accepts nobody until accept_again(). Returns how many were closed.
  std::size_t shed(std::size_t most);
  void accept_again();

  std::size_t connections() const { return connections_.size(); }
  // Whether new connections are taken: it listens, and is neither drained nor stopped.
  bool is_open() const { return !listeners_.empty(); }
  const Metrics& metrics() const { return metrics_; }
  // Looks at each connection: 100 ns or so for each.
  Levels levels() const;
  // The devices that said most since this was asked last, at most so many; looks at each connection, too. For
  // whoever may see device ids.
  std::vector<Busy> take_busiest(std::size_t most);

 private:
  friend class Connection;

  using Slot = net::ConnectionLimit::Slot;

  void admit_tcp(net::Socket socket, Slot slot);
  void admit_tls(net::Socket socket, Slot slot);
  // Whether this connection may stay; if not, that is noted.
  bool admits(net::Socket& socket);
  void accept(std::unique_ptr<net::Stream> stream, Slot slot, std::optional<Slot> handshake = std::nullopt);
  // When a listener may accept next (net::Listener::Next).
  SteadyTime next_accept();
  SteadyTime next_handshake();
  void handshake_ended();
  // Whether one more device may be signed up or in now; if not, how long it should stay away.
  std::optional<std::chrono::seconds> take_sign_in();
  void give_up_on_silence(net::Socket& socket) const;
  void turn_away_above_max(const net::Endpoint& peer);
  void turn_away(const net::Endpoint& peer, std::string_view limit);
  void drain_more(SteadyTime now);
  // Counts its limit; see Cloud::note.
  void note(device::Refusal refusal);

  net::Shard& shard_;
  cloud::Cloud& cloud_;
  const Limits& limits_;
  Log log_;
  Metrics metrics_;
  Settings settings_;
  net::ConnectionLimit connection_limit_;
  net::ConnectionLimit handshakes_;  // counts them; how many may be, the limits say
  Newcomers newcomers_;
  TokenBucket accepts_;
  TokenBucket sign_ins_;
  bool is_shedding_ = false;
  std::shared_ptr<const net::TlsServerContext> tls_context_;
  net::Gate gate_;
  std::list<Connection*> connections_;  // the oldest first
  // Of these devices a publication could not be stored; bounded by connections_max.
  std::set<device::DeviceKey> lost_publications_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  unsigned drain_rate_ = 0;  // connections per second
  unsigned drain_owed_ = 0;  // of them, in parts of a step
  SteadyTime drain_impatient_ =
      SteadyTime::min();  // when it stops to wait for answers; min: it has not begun
  net::Timer drain_timer_;
};

}  // namespace ocf::gateway
