#include "http/resource_request.hpp"

#include "base/decimal.hpp"
#include "base/random.hpp"
#include "http/content.hpp"
#include "http/error.hpp"
#include "http/http_status.hpp"
#include "http/problem.hpp"

namespace ocf::http {
namespace {

Result<bool> read_flag(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return HttpError::malformed_parameter;
}

Result<std::chrono::seconds> read_seconds(std::string_view text) {
  const auto seconds = parse_decimal<std::uint32_t>(text);
  if (!seconds || *seconds == 0) return HttpError::malformed_parameter;
  return std::chrono::seconds(*seconds);
}

// Decoded, as the options of CoAP are; so '&' can only be what separates two of them.
Result<void> pass_on(const Target::Parameter& parameter, std::string& query) {
  if (parameter.name.find('&') != std::string::npos || parameter.value.find('&') != std::string::npos) {
    return HttpError::malformed_parameter;
  }
  if (!query.empty()) query += '&';
  query += parameter.name;
  if (parameter.has_value) query += '=' + parameter.value;
  return {};
}

Result<void> read_parameter(const Target::Parameter& parameter, cloud::Request& request) {
  if (parameter.name == "live") {
    const auto live = read_flag(parameter.value);
    if (!live) return live.error();
    request.live = *live;
    return {};
  }
  if (parameter.name == "timeToLive") {
    const auto seconds = read_seconds(parameter.value);
    if (!seconds) return seconds.error();
    request.time_to_live = *seconds;
    return {};
  }
  if (parameter.name == "at") return HttpError::malformed_parameter;  // only what was can be read at a point
  return pass_on(parameter, request.query);
}

}  // namespace

Result<cloud::Request> resource_request(Exchange& exchange, resource::Operation operation) {
  const auto device = device_in_path(exchange);
  if (!device) return device.error();
  auto href = href_in_path(exchange);
  if (!href) return href.error();
  cloud::Request request(*device, std::move(*href), operation);
  for (const Target::Parameter& parameter : exchange.target.query) {
    const auto read = read_parameter(parameter, request);
    if (!read) return malformed(exchange, parameter.name);
  }
  request.face = "HTTP";
  request.correlation = es::CorrelationId(random_uuid());
  exchange.correlation = request.correlation;
  return request;
}

Response resource_response(const cloud::Answer& answer, std::string_view allow) {
  Response response(200);
  if (resource::is_success(answer.status)) {
    response.status = outcome_of(answer.status, !view_of(answer.content.bytes).empty()).status;
    set_body(response, answer.content);
  } else {
    response = problem(answer);
    if (answer.status == resource::Status::method_not_allowed) response.add("Allow", std::string(allow));
  }
  if (!answer.etag.empty()) response.add("ETag", '"' + to_hex(answer.etag) + '"');
  if (!answer.correlation.empty()) response.add("Correlation-ID", answer.correlation.text());
  return response;
}

}  // namespace ocf::http
