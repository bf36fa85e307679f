#include "gateway/fault.hpp"

#include "account/error.hpp"
#include "base/printable.hpp"
#include "cloud/error.hpp"
#include "coap/description.hpp"
#include "device/device.hpp"
#include "gateway/admission.hpp"
#include "gateway/coap_status.hpp"
#include "links/links.hpp"
#include "ocf/payloads.hpp"

namespace ocf::gateway {
namespace {

using account::AuthorizationError;
using coap::Code;
using device::Cause;
using device::Fault;
using device::Stage;

Stage stage_of(const coap::Message& request) {
  const std::string path = request.path();
  if (path == path::account && request.code == Code::post) return Stage::sign_up;
  if (path == path::session) return Stage::sign_in;
  if (path == path::token_refresh) return Stage::token_refresh;
  if (path == path::directory) return Stage::publish;
  return Stage::request;
}

Cause cause_of(Stage stage, Code answer) {
  switch (answer) {
    case Code::bad_request: return Cause::bad_payload;
    case Code::unauthorized: return Cause::not_signed_in;
    case Code::bad_option: return Cause::bad_option;
    case Code::forbidden: return stage == Stage::publish ? Cause::other_device : Cause::not_allowed;
    case Code::not_found: return Cause::not_found;
    case Code::method_not_allowed: return Cause::not_allowed;
    case Code::not_acceptable:
    case Code::unsupported_content_format: return Cause::bad_format;
    case Code::request_entity_too_large: return Cause::too_large;
    case Code::too_many_requests:
    case Code::service_unavailable:
    case Code::gateway_timeout: return Cause::unavailable;
    default: return Cause::other;
  }
}

// Nullopt: the answer's code says it.
std::optional<Cause> cause_of(Stage stage, const Error& error) {
  const bool has_code = stage == Stage::sign_up;
  if (error == AuthorizationError::refused) return has_code ? Cause::unknown_code : Cause::bad_token;
  if (error == AuthorizationError::expired) return has_code ? Cause::expired_code : Cause::expired_token;
  if (error == AuthorizationError::reused) return has_code ? Cause::used_code : Cause::reused_token;
  if (error == AuthorizationError::certificate_disagrees) return Cause::certificate_disagrees;
  if (error == AuthorizationError::unknown_provider) return Cause::unknown_provider;
  if (error == AuthorizationError::held_by_another) return Cause::held_by_another;
  if (error == device::DeviceError::not_registered) return Cause::bad_token;
  if (error == cloud::CloudError::session_ended) return Cause::superseded;
  return std::nullopt;
}

}  // namespace

Fault fault_of(const coap::Message& request, Code answer) {
  if (request.path() == path::roles) return {Stage::request, Cause::not_hosted};
  const Stage stage = stage_of(request);
  return {stage, cause_of(stage, answer)};
}

Fault fault_of(const coap::Message& request, const Error& error) {
  const Stage stage = stage_of(request);
  const auto cause = cause_of(stage, error);
  return cause ? Fault{stage, *cause} : fault_of(request, code_of(error));
}

Fault fault_of(net::HandshakeFault fault) {
  switch (fault) {
    case net::HandshakeFault::no_certificate: return {Stage::tls, Cause::no_certificate};
    case net::HandshakeFault::unknown_authority: return {Stage::tls, Cause::unknown_authority};
    case net::HandshakeFault::certificate_dates: return {Stage::tls, Cause::certificate_dates};
    case net::HandshakeFault::revoked: return {Stage::tls, Cause::certificate_revoked};
    case net::HandshakeFault::no_identity: return {Stage::tls, Cause::no_identity};
    case net::HandshakeFault::bad_certificate: return {Stage::tls, Cause::bad_certificate};
    case net::HandshakeFault::version: return {Stage::tls, Cause::tls_version};
    case net::HandshakeFault::suite: return {Stage::tls, Cause::tls_suite};
    case net::HandshakeFault::application_protocol: return {Stage::tls, Cause::tls_protocol};
    case net::HandshakeFault::not_tls: return {Stage::tls, Cause::not_tls};
    case net::HandshakeFault::distrusted: return {Stage::tls, Cause::hub_distrusted};
    case net::HandshakeFault::unfinished: return {Stage::tls, Cause::handshake_unfinished};
    case net::HandshakeFault::other: break;
  }
  return {Stage::tls, Cause::handshake_failed};
}

std::string refusal_text(const coap::Message& request, Code answer, std::string_view why) {
  const std::string_view method = coap::name_of(request.code);
  return coap::to_text(answer) + " to " +
         (method.empty() ? coap::to_text(request.code) : std::string(method)) + ' ' +
         printable(request.path()) + ": " + std::string(why);
}

std::optional<DeviceId> claimed_device(const coap::Message& request) {
  if (stage_of(request) == Stage::request && request.path() != path::account) return std::nullopt;
  if (const auto device = device_in(request.payload)) return device;
  for (const std::string& text : request.query("di")) {
    if (const auto device = DeviceId::parse(text)) return *device;
  }
  return std::nullopt;
}

}  // namespace ocf::gateway
