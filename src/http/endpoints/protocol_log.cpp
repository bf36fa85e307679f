// GET /api/v1/devices/{di}/protocol-log: each CoAP message between the device and the hub from now on,
// decoded, as server-sent events.
#include "cloud/protocol_log.hpp"

#include "http/endpoints/endpoints.hpp"
#include "http/json_writer.hpp"
#include "http/problem.hpp"
#include "net/shard.hpp"

namespace ocf::http::endpoints {
namespace {

constexpr std::chrono::seconds heartbeat{15};
constexpr std::chrono::seconds access_age_max{5};  // as everywhere

std::string event_text(std::string_view name, const std::string& data) {
  return "event: " + std::string(name) + "\ndata: " + data + "\n\n";
}

std::string as_text(const cloud::ProtocolLog::Lines& heard) {
  std::string text;
  for (const cloud::ProtocolLine& line : heard.lines) {
    std::string data;
    JsonWriter(data)
        .begin_object()
        .key("time")
        .text(to_rfc3339(line.time))
        .key("direction")
        .text(cloud::name_of(line.direction))
        .key("message")
        .text(line.message)
        .end_object();
    text += event_text("message", data);
  }
  if (heard.left_out > 0)
    text += event_text("left_out", "{\"messages\":" + std::to_string(heard.left_out) + '}');
  return text;
}

class ProtocolLogBody final : public LiveBody {
 public:
  ProtocolLogBody(cloud::Cloud& cloud, cloud::Caller caller, DeviceId device,
                  std::unique_ptr<cloud::ProtocolLog> log)
      : cloud_(cloud), caller_(std::move(caller)), device_(device), log_(std::move(log)) {}

  awaitable<std::optional<std::string>> next() override {
    if (!began_) {
      began_ = true;
      co_return event_text("begun", "{\"device\":\"" + device_.text() + "\"}");
    }
    const SteadyTime due = net::steady_now() + heartbeat;
    while (!canceled_) {
      auto heard = co_await log_->next(access_age_max);
      if (canceled_ || told_problem_) co_return std::nullopt;
      // Nothing is shown to who lost the right to it in the meantime.
      const auto device = co_await cloud_.device(caller_, device_);
      if (!device || log_->is_ended()) {
        told_problem_ = true;
        const Error error = device ? make_error_code(cloud::CloudError::not_found) : device.error();
        co_return event_text("problem", problem(error).body);
      }
      if (!heard.lines.empty() || heard.left_out > 0) co_return as_text(heard);
      if (net::steady_now() >= due) co_return ": still here\n\n";
    }
    co_return std::nullopt;
  }

  void cancel() override {
    canceled_ = true;
    log_->cancel();
  }

 private:
  cloud::Cloud& cloud_;
  const cloud::Caller caller_;
  const DeviceId device_;
  std::unique_ptr<cloud::ProtocolLog> log_;
  bool began_ = false;
  bool canceled_ = false;
  bool told_problem_ = false;
};

}  // namespace

awaitable<Result<Response>> protocol_log(Exchange& exchange) {
  const auto device = device_in_path(exchange);
  if (!device) co_return device.error();
  auto log = co_await exchange.cloud.protocol_log(exchange.caller, *device);
  if (!log) co_return log.error();
  Response response(200);
  response.add("Content-Type", "text/event-stream");
  response.live =
      std::make_unique<ProtocolLogBody>(exchange.cloud, exchange.caller, *device, std::move(*log));
  co_return response;
}

}  // namespace ocf::http::endpoints
