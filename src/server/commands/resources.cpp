#include "server/commands/hub_options.hpp"
#include "server/commands/table.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

struct Options : ApiOptions {
  std::string di;
  std::string at;
};

// The texts of a JSON array, separated by spaces.
std::string words(const boost::json::value& object, std::string_view name) {
  std::string joined;
  for (const boost::json::value& word : object.at(name).as_array()) {
    joined += (joined.empty() ? "" : " ") + std::string(word.as_string());
  }
  return joined;
}

Exit resources(const Options& options) {
  const ApiAnswer answer =
      open_api(options).get(with_parameter(device_target(options.di) + "/resources", "at", options.at));
  const boost::json::value document = document_of(answer);
  if (options.json) {
    fmt::print("{}\n", answer.body);
    return Exit::ok;
  }
  Table table({"HREF", "TYPES", "INTERFACES", "VALUE"});
  for (const boost::json::value& resource : document.at("resources").as_array()) {
    table.add({text_in(resource, "href"), words(resource, "rt"), words(resource, "if"),
               text_in(resource, "content")});
  }
  fmt::print("{}", table.text());
  return Exit::ok;
}

}  // namespace

void add_resources(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("resources", "Lists the resources that a device published, with their values.");
  command->add_option("DI", options->di, "The device id.")->required();
  add_at_option(*command, options->at);
  add_api_options(*command, *options);
  command->callback([options, &run] { run = [options] { return resources(*options); }; });
}

}  // namespace ocf::server
