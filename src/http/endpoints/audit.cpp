// GET /api/v1/audit?device=&by=&type=&since=&until=&limit=&cursor=: who did what to the caller's devices,
// newest first.
#include "cloud/audit.hpp"

#include "base/decimal.hpp"
#include "http/endpoints/endpoints.hpp"
#include "http/event_json.hpp"

namespace ocf::http::endpoints {
namespace {

constexpr std::size_t limit_max = 1000;

std::string text_of(const Exchange& exchange, std::string_view name) {
  return std::string(exchange.target.parameter(name).value_or(""));
}

Result<std::size_t> limit_of(Exchange& exchange) {
  const auto text = exchange.target.parameter("limit");
  if (!text) return cloud::AuditFilter().limit;
  const auto limit = parse_decimal<std::size_t>(*text);
  if (!limit || *limit == 0 || *limit > limit_max) return malformed(exchange, "limit");
  return *limit;
}

Result<cloud::AuditFilter> filter_of(Exchange& exchange) {
  cloud::AuditFilter filter;
  const auto device = device_in_query(exchange);
  if (!device) return device.error();
  filter.device = *device;
  filter.by = text_of(exchange, "by");
  filter.type = text_of(exchange, "type");
  if (!filter.type.empty() && !cloud::is_event_type(filter.type)) return malformed(exchange, "type");
  auto since = point_in_query(exchange, "since");
  if (!since) return since.error();
  filter.since = std::move(*since);
  auto until = point_in_query(exchange, "until");
  if (!until) return until.error();
  filter.until = std::move(*until);
  const auto limit = limit_of(exchange);
  if (!limit) return limit.error();
  filter.limit = *limit;
  return filter;
}

}  // namespace

awaitable<Result<Response>> audit(Exchange& exchange) {
  auto filter = filter_of(exchange);
  if (!filter) co_return filter.error();
  const auto page =
      co_await exchange.cloud.audit(exchange.caller, std::move(*filter), text_of(exchange, "cursor"));
  if (!page) co_return page.error();
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("events").begin_array();
  for (const es::RecordedEvent& event : page->events) write_event(json, event);
  json.end_array();
  if (page->from) json.key("from").text(to_rfc3339(*page->from));
  if (!page->more.empty()) json.key("more").text(page->more);
  json.end_object();
  co_return json_response(200, std::move(body));
}

}  // namespace ocf::http::endpoints
