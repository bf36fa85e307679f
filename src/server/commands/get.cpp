#include "server/commands/hub_options.hpp"

#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

struct Options : ApiOptions {
  std::string di;
  std::string href;
  bool live = false;
  std::string at;
};

Exit get(const Options& options) {
  const std::string target = with_parameter(
      with_parameter(resource_target(options.di, options.href), "live", options.live ? "true" : ""), "at",
      options.at);
  const ApiAnswer answer = open_api(options).get(target);
  tell_correlation(answer);
  fmt::print("{}\n", body_of(answer));
  return Exit::ok;
}

}  // namespace

void add_get(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("get", "Prints the value of a resource, as JSON.");
  command->add_option("DI", options->di, "The device id.")->required();
  command->add_option("HREF", options->href, "The resource, such as /light/1.")->required();
  CLI::Option* live =
      command->add_flag("--live", options->live, "Asks the device, although the hub knows the value.");
  add_at_option(*command, options->at);
  live->excludes("--at");
  add_api_options(*command, *options);
  command->callback([options, &run] { run = [options] { return get(*options); }; });
}

}  // namespace ocf::server
