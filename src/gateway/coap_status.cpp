#include "gateway/coap_status.hpp"

#include "account/authorization.hpp"
#include "cbor/cbor.hpp"
#include "cloud/error.hpp"
#include "cloud/query.hpp"
#include "device/device.hpp"
#include "es/error.hpp"
#include "links/links.hpp"
#include "ocf/error.hpp"

#include <array>

namespace ocf::gateway {
namespace {

using account::AuthorizationError;
using cloud::CloudError;
using cloud::QueryError;
using coap::Code;
using resource::ResourceError;
using resource::Status;

struct StatusRow {
  Status status;
  Code code;
};

constexpr StatusRow statuses[] = {
    {Status::created, Code::created},
    {Status::deleted, Code::deleted},
    {Status::valid, Code::valid},
    {Status::changed, Code::changed},
    {Status::content, Code::content},
    {Status::bad_request, Code::bad_request},
    {Status::unauthorized, Code::unauthorized},
    {Status::bad_option, Code::bad_option},
    {Status::forbidden, Code::forbidden},
    {Status::not_found, Code::not_found},
    {Status::method_not_allowed, Code::method_not_allowed},
    {Status::not_acceptable, Code::not_acceptable},
    {Status::request_entity_incomplete, Code::request_entity_incomplete},
    {Status::conflict, Code::conflict},
    {Status::precondition_failed, Code::precondition_failed},
    {Status::request_entity_too_large, Code::request_entity_too_large},
    {Status::unsupported_content_format, Code::unsupported_content_format},
    {Status::unprocessable_entity, Code::unprocessable_entity},
    {Status::too_many_requests, Code::too_many_requests},
    {Status::internal_error, Code::internal_server_error},
    {Status::not_implemented, Code::not_implemented},
    {Status::bad_gateway, Code::bad_gateway},
    {Status::unavailable, Code::service_unavailable},
    {Status::gateway_timeout, Code::gateway_timeout},
    {Status::proxying_not_supported, Code::proxying_not_supported},
};

struct ErrorRow {
  Error error;
  Code code;
};

const ErrorRow errors[] = {
    {AuthorizationError::refused, Code::unauthorized},
    {AuthorizationError::expired, Code::unauthorized},
    {AuthorizationError::reused, Code::unauthorized},
    {AuthorizationError::certificate_disagrees, Code::unauthorized},
    {AuthorizationError::unknown_provider, Code::unauthorized},
    {AuthorizationError::held_by_another, Code::unauthorized},
    {AuthorizationError::permission_denied, Code::forbidden},
    {AuthorizationError::unavailable, Code::service_unavailable},
    {CloudError::not_found, Code::not_found},
    {CloudError::command_expired, Code::gateway_timeout},
    {CloudError::command_canceled, Code::gateway_timeout},
    {CloudError::outcome_unknown, Code::gateway_timeout},
    {CloudError::session_ended, Code::unauthorized},
    {CloudError::time_to_live_too_long, Code::bad_request},
    {QueryError::malformed, Code::bad_request},
    {QueryError::too_long, Code::bad_request},
    {CloudError::too_many_requests, Code::too_many_requests},
    {CloudError::too_many_devices, Code::service_unavailable},
    {ResourceError::permission_denied, Code::forbidden},
    {ResourceError::device_offline, Code::service_unavailable},
    {ResourceError::too_many_pending, Code::service_unavailable},
    {ResourceError::superseded_session, Code::service_unavailable},
    {links::LinksError::permission_denied, Code::forbidden},
    {links::LinksError::too_many_links, Code::request_entity_too_large},
    {links::LinksError::nothing_matches, Code::bad_request},
    {device::DeviceError::permission_denied, Code::forbidden},
    {device::DeviceError::not_registered, Code::unauthorized},
    {es::StoreError::fenced, Code::service_unavailable},
    {es::StoreError::unavailable, Code::service_unavailable},
    {es::StoreError::outcome_unknown, Code::service_unavailable},
    {es::StoreError::conflicts_exhausted, Code::service_unavailable},
    {es::StoreError::closed, Code::service_unavailable},
    {OcfError::malformed_device_id, Code::bad_request},
    {OcfError::malformed_href, Code::bad_request},
    {OcfError::missing_property, Code::bad_request},
    {OcfError::malformed_payload, Code::bad_request},
    {OcfError::malformed_lifetime, Code::bad_request},
};

}  // namespace

Code code_of(Status status) {
  for (const StatusRow& row : statuses) {
    if (row.status == status) return row.code;
  }
  return Code::internal_server_error;
}

Status status_of(Code code) {
  for (const StatusRow& row : statuses) {
    if (row.code == code) return row.status;
  }
  switch (coap::code_class(code)) {
    case 2: return Status::content;
    case 4: return Status::bad_request;
    default: return Status::internal_error;
  }
}

Code code_of(const Error& error) {
  for (const ErrorRow& row : errors) {
    if (row.error == error) return row.code;
  }
  return Code::internal_server_error;
}

Code account_code_of(const Error& error) {
  const Code code = code_of(error);
  if (code == Code::bad_request || code == Code::unauthorized || code == Code::service_unavailable)
    return code;
  return code == Code::internal_server_error ? Code::service_unavailable : Code::unauthorized;
}

}  // namespace ocf::gateway
