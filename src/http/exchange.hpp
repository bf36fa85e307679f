// One HTTP request and its response as values, without a socket and without Beast.
#pragma once

#include "base/limits.hpp"
#include "base/result.hpp"
#include "cloud/cloud.hpp"
#include "cloud/point.hpp"
#include "http/message.hpp"
#include "http/target.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocf::http {

// What an endpoint gets: an authenticated request whose path and method the route table knows. Lives in the
// coroutine of Api::answer, which waits for the endpoint.
struct Exchange {
  Exchange(cloud::Cloud& cloud_, const Limits& limits_, Request request_, Target target_)
      : cloud(cloud_), limits(limits_), request(std::move(request_)), target(std::move(target_)) {}

  cloud::Cloud& cloud;
  const Limits& limits;
  Request request;
  Target target;
  std::vector<std::string> captures;  // what the braces of the route's pattern matched, in order
  cloud::Caller caller;
  std::string parameter;          // of the query, that is wrong; empty: none is
  es::CorrelationId correlation;  // of the command that the request becomes, if it does; empty: it cannot
};

// That the answer names this parameter of the query. Errors: malformed_parameter, always.
Error malformed(Exchange& exchange, std::string_view parameter);

// The device that the first capture names. Errors: malformed_device_id.
Result<DeviceId> device_in_path(const Exchange& exchange);
// The resource that the second capture names: the rest of the path. Errors: malformed_href.
Result<Href> href_in_path(const Exchange& exchange);
// The query parameter `device`; nullopt if there is none. Errors: malformed_device_id.
Result<std::optional<DeviceId>> device_in_query(Exchange& exchange);
// The query parameter `href`; nullopt if there is none. Errors: malformed_href.
Result<std::optional<Href>> href_in_query(Exchange& exchange);
// The query parameter `at`, or of another name; nullopt: now. Errors: malformed_point, point_in_future.
Result<std::optional<cloud::Point>> point_in_query(Exchange& exchange, std::string_view name = "at");

}  // namespace ocf::http
