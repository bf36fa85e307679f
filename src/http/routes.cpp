#include "http/routes.hpp"

#include "http/endpoints/endpoints.hpp"
#include "http/error.hpp"
#include "http/fault.hpp"
#include "http/http_status.hpp"
#include "http/problem.hpp"
#include "net/shard.hpp"

#include <array>

namespace ocf::http {
namespace {

constexpr std::array table{
    Route{"GET", "/api/v1/devices", "at", endpoints::list_devices},
    Route{"GET", "/api/v1/devices/{di}", "at", endpoints::show_device},
    Route{"DELETE", "/api/v1/devices/{di}", "", endpoints::remove_device},
    Route{"GET", "/api/v1/devices/{di}/diff", "from to href", endpoints::diff},
    Route{"GET", "/api/v1/devices/{di}/history", "href cursor", endpoints::history},
    Route{"GET", "/api/v1/devices/{di}/protocol-log", "", endpoints::protocol_log},
    Route{"GET", "/api/v1/devices/{di}/refusals", "", endpoints::refusals},
    Route{"GET", "/api/v1/devices/{di}/resources", "at", endpoints::list_resources},
    Route{"GET", "/api/v1/devices/{di}/resources/{href...}", any_parameter, endpoints::retrieve_resource},
    Route{"PUT", "/api/v1/devices/{di}/resources/{href...}", any_parameter, endpoints::update_resource},
    Route{"GET", "/api/v1/events", "device href cursor", endpoints::events},
    Route{"GET", "/api/v1/audit", "device by type since until limit cursor", endpoints::audit},
    Route{"GET", "/api/v1/traces/{correlation-id}", "", endpoints::trace},
};

std::string join(const std::vector<std::string>& segments, std::size_t from) {
  std::string joined = segments[from];
  for (std::size_t i = from + 1; i < segments.size(); ++i) joined += '/' + segments[i];
  return joined;
}

// What the braces matched; nullopt if the pattern does not match.
std::optional<std::vector<std::string>> match(std::string_view pattern,
                                              const std::vector<std::string>& segments) {
  std::vector<std::string> captures;
  std::size_t at = 0;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // the '/' before each part
    const std::string_view part = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(part.size());
    if (at == segments.size()) return std::nullopt;
    if (part.ends_with("...}")) {
      captures.push_back(join(segments, at));
      if (captures.back().empty()) return std::nullopt;
      return captures;
    }
    if (part.starts_with('{')) {
      captures.push_back(segments[at]);
    } else if (part != segments[at]) {
      return std::nullopt;
    }
    ++at;
  }
  if (at != segments.size()) return std::nullopt;
  return captures;
}

// The first that the route does not have: a slip of the pen must not look like an answer. Empty: none.
std::string unknown_parameter(const Route& route, const Target& target) {
  if (route.parameters == any_parameter) return "";
  const std::string known = ' ' + std::string(route.parameters) + ' ';
  for (const Target::Parameter& parameter : target.query) {
    const bool is_word = parameter.name.find(' ') == std::string::npos && !parameter.name.empty();
    if (!is_word || known.find(' ' + parameter.name + ' ') == std::string::npos) return parameter.name;
  }
  return "";
}

}  // namespace

Routed route(std::string_view method, const std::vector<std::string>& segments) {
  Routed routed;
  for (const Route& candidate : table) {
    auto captures = match(candidate.pattern, segments);
    if (!captures) continue;
    routed.allow += (routed.allow.empty() ? "" : ", ") + std::string(candidate.method);
    if (candidate.method != method) continue;
    routed.route = &candidate;
    routed.captures = std::move(*captures);
  }
  return routed;
}

Result<std::string> bearer_token(const Request& request) {
  constexpr std::string_view scheme = "bearer ";
  const auto field = request.field("Authorization");
  if (!field || field->size() <= scheme.size()) return HttpError::no_token;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    const char letter = (*field)[i];
    const bool is_upper = letter >= 'A' && letter <= 'Z';
    if ((is_upper ? static_cast<char>(letter - 'A' + 'a') : letter) != scheme[i]) return HttpError::no_token;
  }
  return std::string(field->substr(scheme.size()));
}

awaitable<Response> Api::answer(Request request) {
  const SteadyTime begun = net::steady_now();
  std::string route = "other";
  Response response = co_await find_and_respond(std::move(request), route);
  metrics_.requests.add(route, std::to_string(response.status));
  metrics_.request_seconds.observe(net::steady_now() - begun);
  co_return response;
}

awaitable<Response> Api::find_and_respond(Request request, std::string& route_name) {
  auto target = Target::parse(request.target);
  if (!target) co_return problem(target.error());
  Routed routed = route(request.method, target->segments);
  if (routed.allow.empty()) co_return problem(HttpError::no_such_route);
  if (routed.route == nullptr) {
    Response refusal = problem(HttpError::method_not_allowed);
    refusal.add("Allow", routed.allow);
    co_return refusal;
  }
  Exchange exchange(cloud_, limits_, std::move(request), std::move(*target));
  exchange.captures = std::move(routed.captures);
  route_name = std::string(routed.route->method) + ' ' + std::string(routed.route->pattern);
  auto responded = co_await respond(exchange, *routed.route);
  if (!responded) {
    const Request& asked = exchange.request;
    const std::string path = asked.target.substr(0, asked.target.find('?'));  // a query may hold anything
    note_refusal(asked.peer, " to " + asked.method + ' ' + path,
                 exchange.caller.token.empty() ? "" : exchange.caller.principal.text(), responded.error());
  }
  Response response = responded ? std::move(*responded) : problem(responded.error(), exchange.parameter);
  // As the W3C drafts it for answers: the header that a request would have.
  if (const auto& trace = exchange.caller.trace; !trace.empty())
    response.add("traceresponse", trace.traceparent());
  tell_of_command(exchange, response);
  co_return response;
}

void Api::note_refusal(const std::string& peer, std::string_view asked, std::string principal,
                       const Error& error) {
  const auto fault = fault_of(error);
  if (!fault) return;
  device::Refusal refusal;
  refusal.time = net::wall_now();
  refusal.fault = *fault;
  refusal.peer = peer;
  refusal.reason = std::to_string(outcome_of(error).status) + std::string(asked) +
                   (principal.empty() ? "" : " of " + principal) + ": " + error.message();
  refusal.limit = limit_of(error);
  refusal.principal = std::move(principal);
  cloud_.note(std::move(refusal));
}

// Of a command that failed, too: its trace tells where.
void Api::tell_of_command(const Exchange& exchange, Response& response) {
  const es::CorrelationId& correlation = exchange.correlation;
  if (cloud_.traces().find(correlation) == nullptr) return;
  if (!response.field("Correlation-ID")) response.add("Correlation-ID", correlation.text());
  std::string what = "the caller is answered " + std::to_string(response.status) + ' ' +
                     std::string(phrase_of(response.status));
  if (!response.reason.empty()) what += ": " + std::string(response.reason);
  cloud_.traces().finish(correlation, cloud::Hop(cloud::Hop::Place::caller, std::move(what)));
}

awaitable<Result<Response>> Api::respond(Exchange& exchange, const Route& route) {
  auto token = bearer_token(exchange.request);
  if (!token) co_return token.error();
  auto caller = co_await cloud_.authenticate(std::move(*token));
  if (!caller) co_return caller.error();
  exchange.caller = std::move(*caller);
  const auto admitted = cloud_.admit(exchange.caller);
  if (!admitted) co_return admitted.error();
  exchange.caller.trace = telemetry::TraceContext::of(exchange.request.field("traceparent"));
  exchange.parameter = unknown_parameter(route, exchange.target);
  if (!exchange.parameter.empty()) co_return HttpError::unknown_parameter;
  co_return co_await route.endpoint(exchange);
}

}  // namespace ocf::http
