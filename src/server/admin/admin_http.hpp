// What the admin listener answers: /metrics, /livez, /readyz.
#pragma once

#include "http/message.hpp"
#include "server/observability/health.hpp"
#include "telemetry/snapshot.hpp"

#include <functional>
#include <vector>

namespace ocf::server {

// Asks for no token: it tells numbers, and no device, owner or address. Lives on the shard.
class AdminHttp {
 public:
  struct Parts {
    std::function<telemetry::Snapshot()> collect;
    std::vector<Check> live;   // what fails here needs a restart of the process
    std::vector<Check> ready;  // what fails here: send no more work
  };
  explicit AdminHttp(Parts parts) : parts_(std::move(parts)) {}

  http::awaitable<http::Response> answer(http::Request request) const;

 private:
  http::Response respond(const http::Request& request) const;

  const Parts parts_;
};

}  // namespace ocf::server
