#include "http/exchange.hpp"

#include "http/error.hpp"

namespace ocf::http {

Error malformed(Exchange& exchange, std::string_view parameter) {
  exchange.parameter = parameter;
  return HttpError::malformed_parameter;
}

Result<DeviceId> device_in_path(const Exchange& exchange) { return DeviceId::parse(exchange.captures.at(0)); }

// `resources/light/1` and `resources/%2Flight%2F1` are the same: callers encode an href either way.
Result<Href> href_in_path(const Exchange& exchange) {
  const std::string& rest = exchange.captures.at(1);
  const bool is_whole = rest.starts_with('/');
  return parse_href(is_whole ? rest : '/' + rest, exchange.limits.href_bytes_max);
}

Result<std::optional<DeviceId>> device_in_query(Exchange& exchange) {
  const auto text = exchange.target.parameter("device");
  if (!text) return std::optional<DeviceId>();
  const auto device = DeviceId::parse(*text);
  if (!device) exchange.parameter = "device";
  if (!device) return device.error();
  return std::optional<DeviceId>(*device);
}

Result<std::optional<Href>> href_in_query(Exchange& exchange) {
  const auto text = exchange.target.parameter("href");
  if (!text) return std::optional<Href>();
  auto href = parse_href(*text, exchange.limits.href_bytes_max);
  if (!href) exchange.parameter = "href";
  if (!href) return href.error();
  return std::optional<Href>(std::move(*href));
}

Result<std::optional<cloud::Point>> point_in_query(Exchange& exchange, std::string_view name) {
  const auto text = exchange.target.parameter(name);
  if (!text) return std::optional<cloud::Point>();
  auto point = exchange.cloud.point(*text);
  if (!point) exchange.parameter = name;
  if (!point) return point.error();
  return std::optional<cloud::Point>(std::move(*point));
}

}  // namespace ocf::http
