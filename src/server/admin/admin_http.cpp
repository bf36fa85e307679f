#include "server/admin/admin_http.hpp"

#include "http/error.hpp"
#include "http/problem.hpp"
#include "telemetry/prometheus.hpp"

#include <string_view>

namespace ocf::server {

http::awaitable<http::Response> AdminHttp::answer(http::Request request) const { co_return respond(request); }

http::Response AdminHttp::respond(const http::Request& request) const {
  const std::string_view target = request.target;
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query = path.size() < target.size() ? target.substr(path.size() + 1) : "";
  if (path != "/metrics" && path != "/livez" && path != "/readyz")
    return http::problem(http::HttpError::no_such_route);
  if (request.method != "GET") {
    http::Response refusal = http::problem(http::HttpError::method_not_allowed);
    refusal.add("Allow", "GET");
    return refusal;
  }
  if (path == "/metrics") {
    http::Response response(200);
    response.add("Content-Type", telemetry::prometheus_content_type);
    response.body = telemetry::to_prometheus(parts_.collect());
    return response;
  }
  const bool is_verbose = query == "verbose" || query.starts_with("verbose=");
  return health_response(path == "/livez" ? parts_.live : parts_.ready,
                         is_verbose ? Detail::all : Detail::failures);
}

}  // namespace ocf::server
