#include "server/commands/hub_options.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

struct Options : ApiOptions {
  std::string di;
  std::string href;
  std::string value;
};

Exit set(const Options& options) {
  const std::string target = resource_target(options.di, options.href);
  boost::system::error_code malformed;
  boost::json::parse(options.value, malformed);
  if (malformed)
    throw CommandFailure(Exit::usage,
                         fmt::format("'{}' is not JSON; try '{{\"value\":true}}'.", options.value));
  const ApiAnswer answer = open_api(options, Purpose::changing).put(target, options.value);
  tell_correlation(answer);
  const std::string& device_answer = body_of(answer);
  if (!device_answer.empty()) {
    fmt::print("{}\n", device_answer);
  } else if (options.json) {
    fmt::print("null\n");
  } else {
    fmt::print("The device accepted the change.\n");
  }
  return Exit::ok;
}

}  // namespace

void add_set(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("set", "Changes a resource on its device and prints the device's answer.");
  command->add_option("DI", options->di, "The device id.")->required();
  command->add_option("HREF", options->href, "The resource, such as /light/1.")->required();
  command->add_option("JSON", options->value, "What to change, such as '{\"state\":true}'.")->required();
  add_api_options(*command, *options);
  command->callback([options, &run] { run = [options] { return set(*options); }; });
}

}  // namespace ocf::server
