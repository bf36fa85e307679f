// The API: which method of which path is which endpoint, and what is the same for all of them.
#pragma once

#include "base/limits.hpp"
#include "base/result.hpp"
#include "cloud/cloud.hpp"
#include "http/exchange.hpp"
#include "http/message.hpp"
#include "telemetry/counter_table.hpp"
#include "telemetry/histogram.hpp"

namespace ocf::http {

using Endpoint = awaitable<Result<Response>> (*)(Exchange&);

struct Route {
  std::string_view method;
  std::string_view pattern;     // "{x}" is one segment, "{x...}" the rest of the path
  std::string_view parameters;  // of the query, separated by spaces; any_parameter: the device has others
  Endpoint endpoint;
};
inline constexpr std::string_view any_parameter = "*";

struct Routed {
  const Route* route = nullptr;  // nullptr: not found, or not with this method
  std::vector<std::string> captures;
  std::string allow;  // the methods that the path has: "GET, DELETE"; empty: there is no such path
};
Routed route(std::string_view method, const std::vector<std::string>& segments);

// What the API counts; lives in it.
struct Metrics {
  telemetry::CounterTable requests;  // by route ("GET /api/v1/devices/{di}", or "other") and status
  telemetry::Histogram request_seconds;
};

// Lives on the cloud's shard; the cloud outlives it.
class Api {
 public:
  Api(cloud::Cloud& cloud, const Limits& limits) : cloud_(cloud), limits_(limits) {}

  // Route, authenticate, endpoint; every failure becomes a problem document. Not ended by a client that goes
  // away: a command that was accepted goes on.
  awaitable<Response> answer(Request request);
  // For the server, which refuses some by itself. What is no refusal of the hub is passed over.
  void note_refusal(const std::string& peer, const Error& error) { note_refusal(peer, "", "", error); }
  const Metrics& metrics() const { return metrics_; }

 private:
  awaitable<Response> find_and_respond(Request request, std::string& route);
  // What was asked for, " to GET /api/v1/devices", and by whom, "user:alice"; empty: nobody knows.
  void note_refusal(const std::string& peer, std::string_view asked, std::string principal,
                    const Error& error);
  void tell_of_command(const Exchange& exchange, Response& response);
  awaitable<Result<Response>> respond(Exchange& exchange, const Route& route);

  cloud::Cloud& cloud_;
  const Limits& limits_;
  Metrics metrics_;
};

// The token of `Authorization: Bearer …`. Errors: no_token.
Result<std::string> bearer_token(const Request& request);

}  // namespace ocf::http
