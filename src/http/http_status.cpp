#include "http/http_status.hpp"

#include "account/authorization.hpp"
#include "cloud/error.hpp"
#include "cloud/query.hpp"
#include "device/device.hpp"
#include "es/error.hpp"
#include "http/error.hpp"
#include "links/links.hpp"
#include "ocf/error.hpp"

#include <algorithm>
#include <vector>

namespace ocf::http {
namespace {

using account::AuthorizationError;
using cloud::CloudError;
using cloud::QueryError;
using device::DeviceError;
using es::StoreError;
using links::LinksError;
using resource::ResourceError;
using resource::Status;

// Seconds until another try makes sense.
constexpr unsigned soon = 2;        // a passing fault
constexpr unsigned in_a_while = 5;  // queues that have to empty
constexpr unsigned later = 30;      // a device that comes online when it does

struct Row {
  Error error;
  Outcome outcome;
};

const std::vector<Row>& errors() {
  static const std::vector<Row> rows{
      {HttpError::malformed_request, {400, "malformed_request"}},
      {HttpError::malformed_target, {400, "malformed_target"}},
      {HttpError::malformed_parameter, {400, "malformed_parameter"}},
      {HttpError::unknown_parameter, {400, "unknown_parameter"}},
      {HttpError::header_too_large, {431, "header_too_large"}},
      {HttpError::body_too_large, {413, "body_too_large"}},
      {HttpError::unsupported_media_type, {415, "unsupported_media_type"}},
      {HttpError::body_not_json, {400, "body_not_json"}},
      {HttpError::no_such_route, {404, "no_such_route"}},
      {HttpError::method_not_allowed, {405, "method_not_allowed"}},
      {HttpError::no_token, {401, "no_token"}},
      {HttpError::too_many_connections, {503, "too_many_connections", in_a_while}},
      {HttpError::internal, {500, "internal"}},
      {OcfError::malformed_device_id, {400, "malformed_device_id"}},
      {OcfError::malformed_href, {400, "malformed_href"}},
      {CloudError::not_found, {404, "not_found"}},
      {CloudError::command_expired, {504, "command_expired"}},
      {CloudError::command_canceled, {409, "command_canceled"}},
      {CloudError::outcome_unknown, {504, "outcome_unknown"}},
      {CloudError::too_many_protocol_logs, {503, "too_many_protocol_logs", in_a_while}},
      {CloudError::malformed_cursor, {400, "malformed_cursor"}},
      {CloudError::time_to_live_too_long, {400, "time_to_live_too_long"}},
      {QueryError::malformed, {400, "malformed_query"}},
      {QueryError::too_long, {400, "query_too_long"}},
      {CloudError::too_many_requests, {429, "too_many_requests", soon}},
      {CloudError::malformed_point, {400, "malformed_point"}},
      {CloudError::point_in_future, {400, "point_in_future"}},
      {CloudError::history_trimmed, {410, "history_trimmed"}},
      {CloudError::too_many_pasts, {503, "too_many_pasts", in_a_while}},
      {AuthorizationError::refused, {401, "invalid_token"}},
      {AuthorizationError::expired, {401, "invalid_token"}},
      {AuthorizationError::permission_denied, {403, "permission_denied"}},
      {AuthorizationError::unavailable, {503, "authorization_unavailable", soon}},
      {DeviceError::not_registered, {404, "not_found"}},
      {DeviceError::permission_denied, {403, "permission_denied"}},
      {LinksError::permission_denied, {403, "permission_denied"}},
      {ResourceError::permission_denied, {403, "permission_denied"}},
      {ResourceError::device_offline, {503, "device_offline", later}},
      {ResourceError::too_many_pending, {503, "too_many_pending", in_a_while}},
      {ResourceError::superseded_session, {503, "device_reconnected", soon}},
      {StoreError::version_conflict, {503, "store_busy", soon}},
      {StoreError::conflicts_exhausted, {503, "store_busy", soon}},
      {StoreError::fenced, {503, "device_reconnected", soon}},
      {StoreError::unavailable, {503, "store_unavailable", soon}},
      {StoreError::closed, {503, "stopping", in_a_while}},
      {StoreError::outcome_unknown, {504, "outcome_unknown"}},
  };
  return rows;
}

Outcome answer_of(Status status) {
  switch (status) {
    case Status::created: return {201, "device_created"};
    case Status::deleted: return {200, "device_deleted"};
    case Status::valid: return {200, "device_valid"};
    case Status::changed: return {200, "device_changed"};
    case Status::content: return {200, "device_content"};
    case Status::bad_request: return {400, "device_bad_request"};
    case Status::unauthorized: return {403, "device_unauthorized"};
    case Status::bad_option: return {400, "device_bad_option"};
    case Status::forbidden: return {403, "device_forbidden"};
    case Status::not_found: return {404, "device_not_found"};
    case Status::method_not_allowed: return {405, "device_method_not_allowed"};
    case Status::not_acceptable: return {406, "device_not_acceptable"};
    case Status::request_entity_incomplete: return {502, "device_request_entity_incomplete"};
    case Status::conflict: return {409, "device_conflict"};
    case Status::precondition_failed: return {412, "device_precondition_failed"};
    case Status::request_entity_too_large: return {413, "device_request_entity_too_large"};
    case Status::unsupported_content_format: return {415, "device_unsupported_content_format"};
    case Status::unprocessable_entity: return {422, "device_unprocessable_entity"};
    case Status::too_many_requests: return {429, "device_too_many_requests", in_a_while};
    case Status::internal_error: return {500, "device_internal_error"};
    case Status::not_implemented: return {501, "device_not_implemented"};
    case Status::bad_gateway: return {502, "device_bad_gateway"};
    case Status::unavailable: return {503, "device_unavailable", in_a_while};
    case Status::gateway_timeout: return {504, "device_gateway_timeout"};
    case Status::proxying_not_supported: return {502, "device_proxying_not_supported"};
  }
  return {502, "device_unknown"};
}

}  // namespace

Outcome outcome_of(const Error& error) {
  const auto& rows = errors();
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const Row& known) { return known.error == error; });
  return row == rows.end() ? Outcome{} : row->outcome;
}

Outcome outcome_of(Status status, bool has_content) {
  Outcome outcome = answer_of(status);
  if (outcome.status == 200 && !has_content) outcome.status = 204;
  return outcome;
}

std::string_view name_of(Status status) {
  constexpr std::string_view prefix = "device_";
  return answer_of(status).reason.substr(prefix.size());
}

std::string_view phrase_of(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
  }
  return "Unknown";
}

}  // namespace ocf::http
