#include "server/commands/hub_options.hpp"
#include "server/commands/table.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

struct Options : ApiOptions {
  std::string at;
};

Exit devices(const Options& options) {
  const ApiAnswer answer = open_api(options).get(with_parameter("/api/v1/devices", "at", options.at));
  const boost::json::value document = document_of(answer);
  if (options.json) {
    fmt::print("{}\n", answer.body);
    return Exit::ok;
  }
  Table table({"DEVICE", "NAME", "STATE", "SINCE", "LINKS"});
  for (const boost::json::value& device : document.at("devices").as_array()) {
    table.add({text_in(device, "di"), text_in(device, "name"),
               text_in(device, "online") == "true" ? "online" : "offline", text_in(device, "since"),
               text_in(device, "links")});
  }
  fmt::print("{}", table.text());
  return Exit::ok;
}

}  // namespace

void add_devices(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("devices", "Lists the devices.");
  add_at_option(*command, options->at);
  add_api_options(*command, *options);
  command->callback([options, &run] { run = [options] { return devices(*options); }; });
}

}  // namespace ocf::server
