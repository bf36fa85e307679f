// The composition of a hub: which plug stands behind which seam, and in which order the parts live, start and
// stop.
#pragma once

#include "auth_builtin/builtin_authorization.hpp"
#include "bus_local/local_event_bus.hpp"
#include "cloud/cloud.hpp"
#include "es/announcing_store.hpp"
#include "gateway/gateway.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"
#include "net/forward_clock.hpp"
#include "net/shard.hpp"
#include "server/admin/admin_http.hpp"
#include "server/admin/admin_requests.hpp"
#include "server/admin/admin_socket.hpp"
#include "server/certificates.hpp"
#include "server/config/config.hpp"
#include "server/data_directory.hpp"
#include "server/memory_watch.hpp"
#include "server/observability/checks.hpp"
#include "server/observability/log.hpp"
#include "server/observability/otlp_exporter.hpp"
#include "server/pulse.hpp"
#include "server/supervisor.hpp"
#include "store_rocksdb/rocks_event_store.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ocf::server {

// A whole hub in one process, on one shard. Members stand in the order in which they depend on each other.
class Hub {
 public:
  // Opens the data directory and everything in it. Throws std::runtime_error with a sentence if it cannot.
  Hub(Config config, LogSink log);

  // Runs the hub on the calling thread until SIGTERM, SIGINT or stop(), which end a start, too. `on_ready` is
  // called once everything listens. Throws std::runtime_error with a sentence if it cannot start.
  void run(std::function<void()> on_ready);
  // As the signals do; any thread.
  void stop();

  // SIGHUP does what `reload` does, once the hub is ready: the certificates are read anew, and what `read`
  // returns is the configuration. Without this SIGHUP ends the process, as usual,
  // and `reload` reads the certificates only. `read` throws std::runtime_error with a sentence. Before run().
  void reload_by(std::function<Config()> read);

  // -- On the shard, once it is ready
  HubAddresses addresses() const;
  AdminRequests& requests() { return admin_requests_; }
  net::Shard& shard() { return shard_; }
  // For gateways of other protocols, which stand beside the CoAP one (G15).
  cloud::Cloud& cloud() { return cloud_; }
  // For writers beside the cloud, as another node will be one (R8).
  es::EventStore& store() { return store_; }
  // A bearer token of owner `admin`, the first time ever that a hub is ready in this directory; nullopt
  // afterwards.
  std::optional<std::string> first_admin_token();

 private:
  net::awaitable<void> live(std::function<void()> on_ready);
  void end();
  net::awaitable<void> start_parts();
  net::awaitable<void> stop_parts();
  [[noreturn]] void cannot_read(const Error& error) const;
  void start_gateway();
  void start_http();
  void start_admin();
  http::Server::Refused refused_by_http();
  void start_otlp();
  boost::json::object top();
  net::awaitable<void> record(std::string by, account::AdministrativeAct act);
  telemetry::Snapshot collect();
  Checked checked() const;
  // See AdminRequests::Parts.
  net::awaitable<Result<std::string>> checkpoint();
  Result<std::size_t> put_in_force();
  // See AdminRequests::Parts; what comes of it is logged.
  Reloaded reload();
  Reloaded read_again();
  void wait_for_hangup();
  net::awaitable<void> record_reload(net::Gate::Holder inside, account::AdministrativeAct act);
  void warn_of_certificates() const;
  std::string cis() const;
  void say(telemetry::Level level, std::string_view event, std::string text) const;

  Config config_;  // changed by reload()
  const LogSink log_;
  DataDirectory data_;
  Certificates certificates_;
  net::Shard shard_;
  net::ForwardClock clock_;
  Pulse pulse_;
  boost::asio::signal_set signals_;
  boost::asio::signal_set hangups_;
  store_rocksdb::RocksEventStore log_store_;
  bus_local::LocalEventBus bus_;
  es::AnnouncingStore store_;
  auth_builtin::BuiltinAuthorization authorization_;
  cloud::Cloud cloud_;
  gateway::Gateway gateway_;
  MemoryWatch memory_;
  http::Api api_;
  std::unique_ptr<http::Server> http_;  // null while nothing listens
  bool is_started_ = false;
  bool serves_tls_ = false;
  AdminHttp admin_http_;
  std::unique_ptr<http::Server> admin_listener_;  // null while nothing listens
  std::optional<OtlpExporter> otlp_;              // nullopt: nothing is sent
  AdminRequests admin_requests_;
  AdminSocket admin_socket_;
  Supervisor supervisor_;
  std::function<Config()> read_config_;  // empty: there is none to read anew
  net::Gate reloads_;                    // by SIGHUP, that are being recorded
  HubAddresses addresses_;
  bool stopping_ = false;
  boost::asio::steady_timer stop_asked_;  // canceled when stopping_ becomes true
  std::exception_ptr failure_;
};

}  // namespace ocf::server
