#include "server/observability/command_spans.hpp"

#include "base/random.hpp"
#include "cloud/metrics.hpp"

#include <optional>

namespace ocf::server {
namespace {

constexpr std::size_t span_id_bytes = 8;

}  // namespace

std::vector<telemetry::Span> command_spans(const cloud::Trace& trace) {
  const auto at = [&trace](const cloud::Hop& hop) { return trace.begun + hop.after; };
  const std::string operation(cloud::name_of(trace.operation));
  telemetry::Span command("command " + operation, trace.context);
  command.kind = telemetry::Span::Kind::server;
  command.begun = command.ended = trace.begun;
  command.attributes = {{"ocf.correlation_id", trace.correlation.text()},
                        {"ocf.device", trace.device.device.text()},
                        {"ocf.href", trace.href.text()},
                        {"ocf.operation", operation}};
  std::vector<telemetry::Span> within;
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> asked;
  for (const cloud::Hop& hop : trace.hops) {
    command.ended = at(hop);
    command.events.push_back({at(hop), hop.what});
    if (hop.place != cloud::Hop::Place::device) continue;
    if (!asked) {
      asked = at(hop);
      continue;
    }
    telemetry::TraceContext context = trace.context;
    context.parent_id = std::exchange(context.span_id, to_hex(random_bytes(span_id_bytes)));
    telemetry::Span device("device " + operation, std::move(context));
    device.kind = telemetry::Span::Kind::client;
    device.begun = *std::exchange(asked, std::nullopt);
    device.ended = at(hop);
    within.push_back(std::move(device));
  }
  within.insert(within.begin(), std::move(command));
  return within;
}

}  // namespace ocf::server
