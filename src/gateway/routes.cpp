#include "gateway/routes.hpp"

#include "gateway/admission.hpp"
#include "gateway/endpoints/routing_path.hpp"

namespace ocf::gateway {
namespace {

using coap::Code;
using coap::OptionNumber;

struct Route {
  Code method;
  std::string_view path;
  Endpoint endpoint;
};

constexpr Route routes[] = {
    {Code::post, path::account, sign_up},        {Code::del, path::account, sign_off},
    {Code::post, path::session, sign_in_or_out}, {Code::post, path::token_refresh, refresh_token},
    {Code::post, path::directory, publish},      {Code::del, path::directory, unpublish},
    {Code::get, path::directory, select},        {Code::get, "/oic/res", discover},
    {Code::get, path::core, describe},
};

// Paths of devices' resources, under any of the three routing prefixes.
constexpr Route routed[] = {
    {Code::get, "", retrieve},
    {Code::post, "", update},
    {Code::del, "", remove},
    {Code::put, "", replace},
};

awaitable<Answer> not_found(Exchange& exchange) {
  co_return refuse(exchange, Code::not_found, "nothing is here");
}

awaitable<Answer> method_not_allowed(Exchange& exchange) {
  co_return refuse(exchange, Code::method_not_allowed, "this resource has no such method");
}

awaitable<Answer> not_acceptable(Exchange& exchange) {
  co_return refuse(exchange, Code::not_acceptable, "this resource has no such format");
}

awaitable<Answer> precondition_failed(Exchange& exchange) {
  co_return refuse(exchange, Code::precondition_failed, "this resource is there, and has no ETag");
}

bool is_acceptable(const Route& route, const coap::Message& request) {
  if (route.path != path::core) return accepted_format(request).has_value();
  const bool has_accept = request.find(OptionNumber::accept) != nullptr;
  return !has_accept || request.uint(OptionNumber::accept) == coap::content_format::link_format;
}

// Of a resource that is there and has no ETag (RFC 7252 §5.10.8).
bool conditions_hold(const coap::Message& request) {
  const coap::Option* match = request.find(OptionNumber::if_match);
  return request.find(OptionNumber::if_none_match) == nullptr && (match == nullptr || match->value.empty());
}

// Whether what the request asks for besides can be had. Not asked of account requests: devices would not
// understand the answer.
Endpoint endpoint_of(const Route& route, const coap::Message& request) {
  if (admission_of(route.method, route.path) == Admission::account) return route.endpoint;
  if (!is_acceptable(route, request)) return not_acceptable;
  if (!conditions_hold(request)) return precondition_failed;
  return route.endpoint;
}

}  // namespace

std::string_view name_of(Endpoint endpoint) {
  struct Named {
    Endpoint endpoint;
    std::string_view name;
  };
  static constexpr Named names[] = {
      {sign_up, "sign_up"},
      {sign_off, "sign_off"},
      {sign_in_or_out, "sign_in_or_out"},
      {refresh_token, "refresh_token"},
      {publish, "publish"},
      {unpublish, "unpublish"},
      {select, "select"},
      {discover, "discover"},
      {describe, "describe"},
      {retrieve, "retrieve"},
      {update, "update"},
      {remove, "remove"},
      {replace, "replace"},
  };
  for (const Named& named : names) {
    if (named.endpoint == endpoint) return named.name;
  }
  return "none";
}

Endpoint endpoint_of(const coap::Message& request) {
  // FETCH, PATCH, iPATCH (RFC 8132) and what is no method yet: nothing has them, and a device would not even
  // answer.
  if (request.code > Code::del) return method_not_allowed;
  const std::string path = request.path();
  bool known = false;
  for (const Route& route : routes) {
    if (route.path != path) continue;
    if (route.method == request.code) return endpoint_of(route, request);
    known = true;
  }
  if (!known && is_routing_path(path)) {
    for (const Route& route : routed) {
      if (route.method == request.code) return route.endpoint;
    }
    known = true;
  }
  return known ? method_not_allowed : not_found;
}

}  // namespace ocf::gateway
