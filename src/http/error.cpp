#include "http/error.hpp"

namespace ocf::http {
namespace {

const char* sentence(int value) {
  switch (static_cast<HttpError>(value)) {
    case HttpError::malformed_request: return "the request is not well-formed HTTP/1.1";
    case HttpError::malformed_target: return "the request target is not a well-formed path and query";
    case HttpError::malformed_parameter: return "a query parameter has a value that it cannot have";
    case HttpError::unknown_parameter: return "the path does not have this query parameter";
    case HttpError::header_too_large: return "the header is longer than the limit";
    case HttpError::body_too_large: return "the body is longer than the limit";
    case HttpError::unsupported_media_type: return "the body has to be application/json";
    case HttpError::body_not_json: return "the body is not JSON, or nests too deeply";
    case HttpError::no_such_route: return "the API has no such path";
    case HttpError::method_not_allowed: return "the path does not have this method";
    case HttpError::no_token: return "the request carries no bearer token";
    case HttpError::too_many_connections: return "there are too many connections";
    case HttpError::not_loopback:
      return "HTTP listens on loopback addresses only: without TLS, bearer tokens would cross the network in "
             "the clear";
    case HttpError::internal: return "the request could not be answered";
  }
  return "unknown";
}

constexpr SentenceCategory category{"http", sentence};

}  // namespace

Error make_error_code(HttpError error) { return {static_cast<int>(error), category}; }

}  // namespace ocf::http
