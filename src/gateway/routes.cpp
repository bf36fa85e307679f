#include "gateway/routes.hpp"

#include "gateway/admission.hpp"
#include "gateway/endpoints/routing_path.hpp"

namespace ocf::gateway {
namespace {

using coap::Code;

struct Route {
  Code method;
  std::string_view path;
  Endpoint endpoint;
};

constexpr Route routes[] = {
    {Code::post, path::account, sign_up},        {Code::del, path::account, sign_off},
    {Code::post, path::session, sign_in_or_out}, {Code::post, path::token_refresh, refresh_token},
    {Code::post, path::directory, publish},      {Code::del, path::directory, unpublish},
    {Code::get, "/oic/res", discover},
};

// Paths of devices' resources, under any of the three routing prefixes.
constexpr Route routed[] = {
    {Code::get, "", retrieve},
    {Code::post, "", update},
    {Code::del, "", remove},
};

awaitable<Answer> not_found(Exchange& exchange) {
  co_return refuse(exchange, Code::not_found, "nothing is here");
}

awaitable<Answer> method_not_allowed(Exchange& exchange) {
  co_return refuse(exchange, Code::method_not_allowed, "this resource has no such method");
}

}  // namespace

Endpoint endpoint_of(const coap::Message& request) {
  const std::string path = request.path();
  bool known = false;
  for (const Route& route : routes) {
    if (route.path != path) continue;
    if (route.method == request.code) return route.endpoint;
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
