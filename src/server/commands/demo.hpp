// The demonstration: a hub on loopback in a folder of its own, with a simulated device.
#pragma once

#include "server/commands/command.hpp"

#include <filesystem>

namespace ocf::server {

struct DemoOptions {
  std::filesystem::path data = "./ocf-cloud-demo";
};

// Runs in the foreground until SIGTERM or Ctrl-C. Throws std::runtime_error with a sentence if it cannot
// start.
Exit run_demo(const DemoOptions& options);

}  // namespace ocf::server
