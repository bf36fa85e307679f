// Sends all metrics, and the spans that came meanwhile, to an OpenTelemetry collector, again and again: OTLP
// over HTTP, in JSON.
#pragma once

#include "base/time.hpp"
#include "net/gate.hpp"
#include "net/shard.hpp"
#include "server/config/config_values.hpp"
#include "telemetry/counter_table.hpp"
#include "telemetry/log.hpp"
#include "telemetry/otlp.hpp"
#include "telemetry/snapshot.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace ocf::server {

// Lives on the shard, and never blocks it. One export is on its way at most: while it is, the next ones are
// dropped and counted; what they would have said is in the one after them.
class OtlpExporter {
 public:
  struct Settings {
    Address collector;
    std::chrono::milliseconds interval{15'000};
    telemetry::Resource resource;
  };
  using Collect = std::function<telemetry::Snapshot()>;

  // To `log` it says when exports begin to fail, and when they are taken again.
  OtlpExporter(net::Shard& shard, Settings settings, Collect collect, telemetry::Log log);

  void start();
  // To be sent with the next export; of more than spans_max that wait, the later ones are dropped and
  // counted. A span whose export failed is not sent again.
  void put(telemetry::Span span);
  // Cuts off the export that is on its way: it has failed.
  net::awaitable<void> stop();

  static constexpr std::chrono::seconds export_time{5};
  static constexpr std::size_t spans_max = 2048;
  // By result: "sent", "refused" (no 2xx), "failed", "dropped".
  const telemetry::CounterTable& exports() const { return exports_; }
  const telemetry::CounterTable& spans() const { return spans_; }

 private:
  void wait();
  net::awaitable<void> send(net::Gate::Holder inside);
  void note(const std::string& path, const std::string& result);
  // The result; what is wrong, if it is not "sent", in trouble_.
  net::awaitable<std::string> exchange(std::string path, std::string body);
  net::awaitable<std::string> exchange(boost::beast::tcp_stream& stream, std::string path, std::string body);

  net::Shard& shard_;
  const Settings settings_;
  const Collect collect_;
  const telemetry::Log log_;
  const Time started_;
  boost::asio::steady_timer timer_;
  bool sending_ = false;
  std::set<std::string> failing_;  // paths
  std::string trouble_;
  boost::beast::tcp_stream* stream_ = nullptr;  // in the frame of exchange()
  telemetry::CounterTable exports_;
  std::vector<telemetry::Span> waiting_;
  telemetry::CounterTable spans_;
  net::Gate gate_;
};

}  // namespace ocf::server
