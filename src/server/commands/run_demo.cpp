#include "server/commands/demo.hpp"
#include "server/wiring.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace ocf::server {
namespace {

// Any free port: the demonstration disturbs nothing, and nothing disturbs it.
Config demo_config(const DemoOptions& options) {
  Config config;
  config.data = options.data;
  config.listeners.coap_tls = Address{"127.0.0.1", 0};
  config.listeners.http = Address{"127.0.0.1", 0};
  return config;
}

}  // namespace

Exit run_demo(const DemoOptions& options) {
  Hub hub(demo_config(options), stderr_log());
  hub.run([&] {
    fmt::print("The hub runs. In another terminal: ocf-cloud devices --data {}\nCtrl-C stops it.\n",
               options.data.string());
    std::fflush(stdout);
  });
  return Exit::ok;
}

}  // namespace ocf::server
