#include "server/commands/demo.hpp"

#include <memory>

namespace ocf::server {

void add_demo(CLI::App& app, Run& run) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command =
      app.add_subcommand("demo", "Runs a hub with a simulated device on loopback, in a folder of its own.");
  command->add_option("--data", options->data, "The demonstration's folder.")->capture_default_str();
  command->callback([options, &run] { run = [options] { return run_demo(*options); }; });
}

}  // namespace ocf::server
