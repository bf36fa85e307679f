#include "server/wiring.hpp"

#include "server/history/backup.hpp"
#include "server/observability/command_spans.hpp"
#include "server/observability/metrics.hpp"
#include "server/observability/top.hpp"
#include "server/tenant.hpp"
#include "store_rocksdb/layout.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <csignal>
#include <stdexcept>
#include <utility>

namespace ocf::server {

namespace asio = boost::asio;
using telemetry::Level;

namespace {

[[noreturn]] void cannot(const std::string& what, const Error& error) {
  throw std::runtime_error(fmt::format("{}: {}", what, error.message()));
}

net::Endpoint endpoint_of(const Address& address) {
  return {asio::ip::make_address(address.host), address.port};
}

Address address_of(const net::Endpoint& endpoint) {
  return {endpoint.address().to_string(), endpoint.port()};
}

store_rocksdb::Options store_options(const DataDirectory& data, const LogSink& log) {
  store_rocksdb::Options options;
  options.path = data.store();
  options.log = log;
  return options;
}

auth_builtin::Settings authorization_settings(const AuthorizationConfig& config) {
  auth_builtin::Settings settings;
  settings.provider = config.provider;
  settings.code_lifetime = config.code_lifetime;
  settings.access_token_lifetime = config.access_token_lifetime;
  return settings;
}

}  // namespace

Hub::Hub(Config config, LogSink log)
    : config_(std::move(config)),
      log_(std::move(log)),
      data_(config_.data),
      certificates_(data_.pki(), data_.sid(), config_.tls, net::wall_now()),
      shard_("ocf-cloud"),
      clock_([this](std::chrono::milliseconds behind) {
        say(telemetry::Level::warn, "clock_set_back",
            fmt::format(
                "The clock was set back, {} s by now. What ends at a moment ends as if it had not been.",
                behind.count() / 1000));
      }),
      pulse_(shard_),
      signals_(shard_.context(), SIGINT, SIGTERM),
      hangups_(shard_.context()),
      log_store_(store_options(data_, log_)),
      store_(log_store_, bus_),
      authorization_(store_, authorization_settings(config_.authorization),
                     auth_builtin::SigningKey::load_or_create(data_.signing_key())),
      cloud_(
          {store_, bus_, authorization_, config_.limits, [this] { return clock_.now(); }, data_.sid(), log_}),
      gateway_(shard_, cloud_, config_.limits, log_),
      memory_(shard_, gateway_, cloud_.metrics().limit_hits, config_.limits, log_),
      api_(cloud_, config_.limits),
      admin_http_({[this] { return collect(); }, live_checks(checked()), ready_checks(checked())}),
      admin_requests_(
          {authorization_, certificates_, cloud_.refusals(), config_.authorization, data_.sid(),
           [this] { return addresses(); }, [this] { return put_in_force(); }, [this] { return reload(); },
           [this](unsigned rate) { return gateway_.drain(rate); }, [this] { return top(); },
           [this](std::string by, account::AdministrativeAct act) {
             return record(std::move(by), std::move(act));
           },
           [this](cloud::AuditFilter filter) {
             return cloud_.administration(default_tenant(), std::move(filter));
           },
           [this](std::string_view text) { return cloud_.point(text); }, [this] { return clock_.now(); },
           LogRequests(store_, cloud_.read_models()), [this] { return checkpoint(); }}),
      admin_socket_(shard_, admin_socket_path(data_.path()),
                    [this](boost::json::object request, uid_t peer) {
                      return admin_requests_.answer(std::move(request), "uid:" + std::to_string(peer));
                    }),
      supervisor_(shard_),
      stop_asked_(shard_.context(), asio::steady_timer::time_point::max()) {}

void Hub::run(std::function<void()> on_ready) {
  signals_.async_wait([this](const boost::system::error_code& canceled, int) {
    if (!canceled) end();
  });
  shard_.spawn(live(std::move(on_ready)));
  shard_.run();
  if (failure_) std::rethrow_exception(failure_);
}

void Hub::stop() {
  shard_.post([this] { end(); });
}

// A start reads the whole log, which may take long: it ends with the store.
void Hub::end() {
  if (!is_started_) log_store_.close();
  stopping_ = true;
  stop_asked_.cancel();
}

net::awaitable<void> Hub::live(std::function<void()> on_ready) {
  try {
    co_await start_parts();
    if (!stopping_) {
      say(Level::info, "ready", "ready" + addresses_.text());
      on_ready();
      supervisor_.ready();
      wait_for_hangup();
    }
  } catch (const std::exception&) {
    if (!stopping_) failure_ = std::current_exception();
  }
  if (!failure_ && !stopping_) co_await stop_asked_.async_wait(asio::as_tuple(asio::use_awaitable));
  co_await stop_parts();
  shard_.stop();
}

// The log is folded before anybody is let in, but for those who ask how far it is.
net::awaitable<void> Hub::start_parts() {
  say(Level::info, "starting",
      fmt::format("ocf-cloud {} starts in {}, schema {} of the event store", OCF_CLOUD_VERSION,
                  data_.path().string(), store_rocksdb::schema_version));
  remove_checkpoints(data_.path());
  pulse_.start();
  start_admin();
  start_otlp();
  if (const auto started = co_await cloud_.start(); !started) cannot_read(started.error());
  start_gateway();
  memory_.start();
  start_http();
  admin_socket_.start();
  is_started_ = true;
}

void Hub::cannot_read(const Error& error) const {
  if (error != es::StoreError::corrupt) cannot("the events cannot be read", error);
  throw std::runtime_error(
      fmt::format("the events cannot be read: {}: {}; `ocf-cloud store verify --data {}` names the place",
                  error.message(), log_store_.damage(), data_.path().string()));
}

net::awaitable<void> Hub::stop_parts() {
  stopping_ = true;
  say(Level::info, "stopping", fmt::format("the hub stops, {} connections are open", gateway_.connections()));
  supervisor_.stopping();
  signals_.cancel();
  hangups_.cancel();
  memory_.stop();
  co_await admin_socket_.stop();
  reloads_.close();
  co_await reloads_.left();
  if (http_) http_->close();
  co_await gateway_.stop();
  co_await cloud_.stop();
  if (http_) co_await http_->left();
  if (admin_listener_) {
    admin_listener_->close();
    co_await admin_listener_->left();
  }
  if (otlp_) co_await otlp_->stop();
  pulse_.stop();
  log_store_.close();
  say(Level::info, "stopped", "the hub has stopped");
}

void Hub::start_gateway() {
  warn_of_certificates();
  if (const auto& tcp = config_.listeners.coap_tcp) {
    const auto bound = gateway_.listen_tcp(endpoint_of(*tcp));
    if (!bound) cannot("cannot listen for coap+tcp on " + tcp->text(), bound.error());
    addresses_.coap_tcp = address_of(*bound);
  }
  if (const auto& tls = config_.listeners.coap_tls) {
    auto context = net::TlsServerContext::create(certificates_.tls());
    if (!context)
      cannot("the hub's certificates in " + data_.pki().string() + " cannot be used", context.error());
    const auto bound = gateway_.listen_tls(endpoint_of(*tls), std::move(*context));
    if (!bound) cannot("cannot listen for coaps+tcp on " + tls->text(), bound.error());
    serves_tls_ = true;
    addresses_.coap_tls = address_of(*bound);
  }
  addresses_.cis = cis();
  if (const auto& address = config_.public_address) {
    if (addresses_.coap_tls) {
      gateway_.advertise_tls(address->text());
    } else {
      gateway_.advertise_tcp(address->text());
    }
  }
}

void Hub::start_http() {
  const auto& http = config_.listeners.http;
  if (!http) return;
  auto opened = http::Server::open(
      shard_.context(), endpoint_of(*http), config_.limits,
      [this](http::Request request) { return api_.answer(std::move(request)); }, refused_by_http());
  if (!opened) cannot("cannot listen for HTTP on " + http->text(), opened.error());
  http_ = std::move(*opened);
  addresses_.http = address_of(http_->endpoint());
}

void Hub::start_admin() {
  const auto& admin = config_.listeners.admin;
  if (!admin) return;
  auto opened = http::Server::open(
      shard_.context(), endpoint_of(*admin), config_.limits,
      [this](http::Request request) { return admin_http_.answer(std::move(request)); }, refused_by_http(),
      http::Server::Reach::anywhere);
  if (!opened) cannot("cannot listen for metrics and health on " + admin->text(), opened.error());
  admin_listener_ = std::move(*opened);
  addresses_.admin = address_of(admin_listener_->endpoint());
}

http::Server::Refused Hub::refused_by_http() {
  return [this](const std::string& peer, const Error& error) { api_.note_refusal(peer, error); };
}

telemetry::Snapshot Hub::collect() {
  telemetry::Snapshot snapshot =
      server::collect({cloud_, gateway_, api_, log_store_, shard_, pulse_, memory_}, http_.get());
  auto& exports = snapshot.counter("ocf_otlp_exports_total", "Exports to the OTLP collector, by result.");
  if (otlp_) exports.add(otlp_->exports().rows(), "result");
  auto& spans =
      snapshot.counter("ocf_otlp_spans_total", "Spans for the OTLP collector, by what came of them.");
  if (otlp_) spans.add(otlp_->spans().rows(), "result");
  return snapshot;
}

boost::json::object Hub::top() {
  constexpr std::size_t devices_max = 10;
  return top_document(collect(), gateway_.take_busiest(devices_max), net::steady_now());
}

void Hub::start_otlp() {
  const TelemetryConfig& config = config_.telemetry;
  if (config.otlp_endpoint.empty()) return;
  constexpr std::size_t scheme_bytes = sizeof("http://") - 1;
  OtlpExporter::Settings settings;
  settings.collector = *parse_address(config.otlp_endpoint.substr(scheme_bytes));
  settings.interval = config.otlp_interval;
  settings.resource = {"ocf-cloud", OCF_CLOUD_VERSION, data_.sid()};
  otlp_.emplace(
      shard_, std::move(settings), [this] { return collect(); }, log_);
  cloud_.traces().tell([this](const cloud::Trace& trace) {
    if (trace.context.flags == 0) return;  // its caller samples, and did not choose it
    for (telemetry::Span& span : command_spans(trace)) otlp_->put(std::move(span));
  });
  otlp_->start();
}

Checked Hub::checked() const {
  return {log_store_, cloud_,         gateway_,     certificates_, pulse_,
          memory_,    config_.limits, data_.path(), is_started_,   serves_tls_};
}

// Devices come by TLS where there is TLS.
std::string Hub::cis() const {
  const auto& listener = addresses_.coap_tls ? addresses_.coap_tls : addresses_.coap_tcp;
  if (!listener) return "";
  const Address& address = config_.public_address ? *config_.public_address : *listener;
  if (!config_.public_address && asio::ip::make_address(address.host).is_unspecified()) {
    say(Level::warn, "configuration",
        fmt::format("devices are told to connect to {}: set public_address to what they can reach",
                    address.text()));
  }
  return (addresses_.coap_tls ? "coaps+tcp://" : "coap+tcp://") + address.text();
}

net::awaitable<Result<std::string>> Hub::checkpoint() {
  std::string name = checkpoint_name();
  const auto made = co_await log_store_.checkpoint(data_.path() / name);
  if (!made) co_return made.error();
  co_return name;
}

Result<std::size_t> Hub::put_in_force() {
  auto context = net::TlsServerContext::create(certificates_.tls());
  if (!context) return context.error();
  return gateway_.use(std::move(*context));
}

Reloaded Hub::reload() {
  try {
    return read_again();
  } catch (const std::runtime_error& e) {
    say(Level::warn, "not_reloaded", fmt::format("everything stays as it was: {}", e.what()));
    throw;
  }
}

// Everything that can fail comes before the first change.
Reloaded Hub::read_again() {
  const Config wanted = read_config_ ? read_config_() : config_;
  Certificates read = certificates_.read_again(wanted.tls, net::wall_now());
  auto context = net::TlsServerContext::create(read.tls());
  if (!context) cannot("the files in " + data_.pki().string() + " cannot be used", context.error());
  Reloaded reloaded{changes(config_, wanted), changes(certificates_, read), 0};
  take_over(wanted, config_);
  certificates_ = std::move(read);
  reloaded.closed = gateway_.use(std::move(*context));
  for (const ConfigChange& change : reloaded.changes)
    say(Level::info, "configuration", "configuration: " + change.text());
  for (const CertificateChange& change : reloaded.certificates)
    say(Level::info, "certificate", "certificates: " + change.text());
  warn_of_certificates();
  say(Level::info, "reloaded",
      fmt::format("configuration and certificates were read again: {} keys and {} files differ, {} "
                  "connections closed",
                  reloaded.changes.size(), reloaded.certificates.size(), reloaded.closed));
  return reloaded;
}

void Hub::reload_by(std::function<Config()> read) {
  read_config_ = std::move(read);
  hangups_.add(SIGHUP);
}

// From the start on: one that came before it waits.
void Hub::wait_for_hangup() {
  hangups_.async_wait([this](const boost::system::error_code& canceled, int) {
    if (canceled || stopping_) return;
    supervisor_.reloading();
    try {
      const Reloaded reloaded = reload();
      auto inside = reloads_.enter();
      if (inside) shard_.spawn(record_reload(std::move(*inside), reloaded.act()));
    } catch (const std::runtime_error&) {  // who sent it reads the log
    }
    supervisor_.ready();
    wait_for_hangup();
  });
}

// Whoever sent the signal is not known.
net::awaitable<void> Hub::record_reload(net::Gate::Holder, account::AdministrativeAct act) {
  const std::string by = account::Principal::system(default_tenant()).text();
  co_await record(by, std::move(act));
}

void Hub::warn_of_certificates() const {
  for (const std::string& warning : certificates_.warnings()) say(Level::warn, "certificate", warning);
}

void Hub::say(Level level, std::string_view event, std::string text) const {
  log_(telemetry::LogLine(level, event, std::move(text)));
}

// What was done is done: a store that is away keeps nobody from reading the configuration, or from a drain.
net::awaitable<void> Hub::record(std::string by, account::AdministrativeAct act) {
  const std::string what = account::Administration::encode(act).type + " (" + act.about + ") by " + by;
  const auto recorded = co_await cloud_.record(default_tenant(), std::move(by), std::move(act));
  if (!recorded)
    say(Level::error, "not_audited", "not kept in the log: " + what + ": " + recorded.error().message());
}

HubAddresses Hub::addresses() const { return addresses_; }

std::optional<std::string> Hub::first_admin_token() {
  if (!data_.first_start()) return std::nullopt;
  data_.mark_started();
  return authorization_.issue_user_token(default_tenant(), account::Owner("admin"),
                                         config_.authorization.user_token_lifetime, clock_.now());
}

}  // namespace ocf::server
