#include "server/observability/otlp_exporter.hpp"

#include "net/endpoint.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <utility>

namespace ocf::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t answer_bytes_max = 64 * 1024;

}  // namespace

OtlpExporter::OtlpExporter(net::Shard& shard, Settings settings, Collect collect, telemetry::Log log)
    : shard_(shard),
      settings_(std::move(settings)),
      collect_(std::move(collect)),
      log_(std::move(log)),
      started_(net::wall_now()),
      timer_(shard.context()) {}

void OtlpExporter::start() { wait(); }

net::awaitable<void> OtlpExporter::stop() {
  timer_.cancel();
  gate_.close();
  if (stream_ != nullptr) stream_->close();
  co_await gate_.left();
}

void OtlpExporter::put(telemetry::Span span) {
  if (waiting_.size() >= spans_max) return spans_.add("dropped");
  waiting_.push_back(std::move(span));
}

void OtlpExporter::wait() {
  timer_.expires_after(settings_.interval);
  timer_.async_wait([this](const boost::system::error_code& canceled) {
    if (canceled) return;
    auto inside = gate_.enter();
    if (!inside) return;
    if (sending_) {
      exports_.add("dropped");
    } else {
      sending_ = true;
      shard_.spawn(send(std::move(*inside)));
    }
    wait();
  });
}

// What is cut off because the hub stops says nothing of the collector.
void OtlpExporter::note(const std::string& path, const std::string& result) {
  if (gate_.closed()) return;
  const std::string where = "http://" + settings_.collector.text() + path;
  if (result == "sent") {
    if (failing_.erase(path) > 0)
      log_(
          telemetry::LogLine(telemetry::Level::info, "exported", "exports to " + where + " are taken again"));
  } else if (failing_.insert(path).second) {
    log_(telemetry::LogLine(telemetry::Level::warn, "not_exported",
                            "exports to " + where + " fail, and are tried again: " + trouble_));
  }
}

net::awaitable<void> OtlpExporter::send(net::Gate::Holder) {
  std::string body = telemetry::to_otlp(collect_(), settings_.resource, started_, net::wall_now());
  const std::string result = co_await exchange("/v1/metrics", std::move(body));
  exports_.add(result);
  note("/v1/metrics", result);
  const std::vector<telemetry::Span> spans = std::exchange(waiting_, {});
  if (!spans.empty()) {
    std::string traces = telemetry::to_otlp(spans, settings_.resource);
    const std::string sent = co_await exchange("/v1/traces", std::move(traces));
    spans_.add(sent, "", spans.size());
    note("/v1/traces", sent);
  }
  sending_ = false;
}

net::awaitable<std::string> OtlpExporter::exchange(std::string path, std::string body) {
  if (gate_.closed()) co_return "failed";
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  stream_ = &stream;
  std::string result = co_await exchange(stream, std::move(path), std::move(body));
  stream_ = nullptr;
  co_return result;
}

net::awaitable<std::string> OtlpExporter::exchange(beast::tcp_stream& stream, std::string path,
                                                   std::string body) {
  stream.expires_after(export_time);
  const net::Endpoint collector(asio::ip::make_address(settings_.collector.host), settings_.collector.port);
  const auto [not_connected] = co_await stream.async_connect(collector, as_result);
  if (not_connected) {
    trouble_ = not_connected.message();
    co_return "failed";
  }

  wire::request<wire::string_body> request(wire::verb::post, path, 11);
  request.set(wire::field::host, settings_.collector.text());
  request.set(wire::field::content_type, "application/json");
  request.set(wire::field::user_agent, "ocf-cloud");
  request.keep_alive(false);
  request.body() = std::move(body);
  request.prepare_payload();
  const auto [not_written, written] = co_await wire::async_write(stream, request, as_result);
  if (not_written) {
    trouble_ = not_written.message();
    co_return "failed";
  }

  beast::flat_buffer buffer;
  wire::response_parser<wire::string_body> parser;
  parser.body_limit(answer_bytes_max);
  const auto [not_read, read] = co_await wire::async_read(stream, buffer, parser, as_result);
  if (not_read) {
    trouble_ = not_read.message();
    co_return "failed";
  }
  trouble_ = "HTTP " + std::to_string(parser.get().result_int());
  co_return parser.get().result_int() / 100 == 2 ? "sent" : "refused";
}

}  // namespace ocf::server
