#include "http/fault.hpp"

#include "account/authorization.hpp"
#include "cloud/limit_of.hpp"
#include "http/error.hpp"
#include "http/http_status.hpp"

namespace ocf::http {
namespace {

using device::Cause;

Cause cause_of(const Error& error, unsigned status) {
  if (error == HttpError::no_token) return Cause::not_signed_in;
  if (error == HttpError::too_many_connections) return Cause::too_many_connections;
  if (error == account::AuthorizationError::expired) return Cause::expired_token;
  switch (status) {
    case 401: return Cause::bad_token;
    case 403: return Cause::not_allowed;
    case 413:
    case 431: return Cause::too_large;
    case 429: return Cause::unavailable;
    default: return Cause::other;
  }
}

}  // namespace

std::optional<device::Fault> fault_of(const Error& error) {
  const Cause cause = cause_of(error, outcome_of(error).status);
  if (cause == Cause::other) return std::nullopt;
  return device::Fault{device::Stage::http, cause};
}

std::string_view limit_of(const Error& error) {
  if (error == HttpError::header_too_large) return "http_header_bytes_max";
  if (error == HttpError::body_too_large) return "http_body_bytes_max";
  if (error == HttpError::too_many_connections) return "http_connections_max";
  return cloud::limit_of(error);
}

}  // namespace ocf::http
