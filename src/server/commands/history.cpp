#include "server/commands/event_line.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

struct Options : ApiOptions {
  std::string di;
  std::string href;
};

Exit history(const Options& options) {
  const std::string target = device_target(options.di) + "/history?href=" + percent_encoded(options.href);
  const ApiAnswer answer = open_api(options).get(target);
  const boost::json::value document = document_of(answer);
  if (options.json) {
    fmt::print("{}\n", answer.body);
    return Exit::ok;
  }
  for (const boost::json::value& event : document.at("events").as_array())
    fmt::print("{}\n", event_line(event));
  return Exit::ok;
}

}  // namespace

void add_history(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("history", "Prints what happened to a resource, oldest first.");
  command->add_option("DI", options->di, "The device id.")->required();
  command->add_option("HREF", options->href, "The resource, such as /light/1.")->required();
  add_api_options(*command, *options);
  command->callback([options, &run] { run = [options] { return history(*options); }; });
}

}  // namespace ocf::server
