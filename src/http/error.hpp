// What is wrong with an HTTP request before any use case is asked.
#pragma once

#include "base/result.hpp"

namespace ocf::http {

enum class HttpError {
  malformed_request = 1,   // not HTTP/1.x, or no Host
  malformed_target,        // not a path with an optional query, or not UTF-8 once decoded
  malformed_parameter,     // a query parameter of the API has a value that it cannot have
  unknown_parameter,       // the route has no query parameter of that name
  header_too_large,        // limits.http_header_bytes_max
  body_too_large,          // limits.http_body_bytes_max
  unsupported_media_type,  // the body is not application/json
  body_not_json,           // … says that it is, and is not, or is too deep
  no_such_route,
  method_not_allowed,
  no_token,              // no `Authorization: Bearer …`
  too_many_connections,  // limits.http_connections_max
  not_loopback,          // of Server::open
  internal,              // a bug of ours
};
Error make_error_code(HttpError error);

}  // namespace ocf::http

template <>
struct boost::system::is_error_code_enum<ocf::http::HttpError> : std::true_type {};
