// GET /api/v1/traces/{correlation-id}: the way of a command, hop by hop.
#include "cloud/metrics.hpp"
#include "http/endpoints/endpoints.hpp"
#include "http/json_writer.hpp"

#include <algorithm>

namespace ocf::http::endpoints {
namespace {

void write_hop(JsonWriter& json, const cloud::Hop& hop) {
  json.begin_object();
  json.key("afterMicroseconds").number(hop.after.count());
  json.key("place").text(cloud::name_of(hop.place)).key("what").text(hop.what);
  if (!hop.type.empty()) {
    json.key("event").begin_object();
    json.key("type").text(hop.type).key("stream").text(hop.stream).key("version").number(hop.version);
    json.key("position").begin_object();
    json.key("partition").number(hop.position.partition).key("offset").number(hop.position.offset);
    json.end_object().end_object();
  }
  if (!hop.bytes.empty()) {
    json.key("message").text(hop.message);
    json.key("bytes").number(hop.bytes_all).key("hex").text(to_hex(hop.bytes));
  }
  json.end_object();
}

}  // namespace

awaitable<Result<Response>> trace(Exchange& exchange) {
  std::string id = exchange.captures.at(0);  // a UUID, which may be written in capitals
  std::transform(id.begin(), id.end(), id.begin(),
                 [](char letter) { return letter >= 'A' && letter <= 'F' ? letter - 'A' + 'a' : letter; });
  es::CorrelationId correlation(std::move(id));
  const auto trace = co_await exchange.cloud.trace(exchange.caller, std::move(correlation));
  if (!trace) co_return trace.error();
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("correlationId").text(trace->correlation.text());
  json.key("traceId").text(trace->context.trace_id);
  json.key("device").text(trace->device.device.text()).key("href").text(trace->href.text());
  json.key("operation").text(cloud::name_of(trace->operation));
  json.key("begun").text(to_rfc3339(trace->begun));
  json.key("hops").begin_array();
  for (const cloud::Hop& hop : trace->hops) write_hop(json, hop);
  json.end_array();
  json.key("hopsLeftOut").number(trace->hops_left_out);
  json.end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace ocf::http::endpoints
