#include "server/commands/event_line.hpp"
#include "server/commands/hub_options.hpp"
#include "server/commands/output.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

struct Options : ApiOptions {
  std::string di;
  std::string href;
};

std::string events_target(const Options& options) {
  std::string target = "/api/v1/events";
  if (!options.di.empty()) target += "?device=" + percent_encoded(options.di);
  if (!options.href.empty()) target += "&href=" + percent_encoded(options.href);
  return target;
}

void print_event(const Options& options, const ApiEvent& event) {
  boost::system::error_code malformed;
  const boost::json::value document = boost::json::parse(event.data, malformed);
  if (event.name == "problem") {
    throw CommandFailure(
        Exit::failed, "The hub ended the stream: " + (malformed ? event.data : text_in(document, "detail")));
  }
  fmt::print("{}\n", options.json || malformed ? event.data : event_line(document));
  flush_output();
}

Exit watch(const Options& options) {
  const ApiClient api = open_api(options);
  if (!options.di.empty())
    body_of(api.get(device_target(options.di)));  // an unknown device would be watched for ever
  const ApiAnswer end =
      api.follow(events_target(options), [&](const ApiEvent& event) { print_event(options, event); });
  body_of(end);
  throw CommandFailure(Exit::failed, "The hub ended the stream.");
}

}  // namespace

void add_watch(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("watch", "Prints what happens from now on, a line each, until Ctrl-C.");
  command->add_option("DI", options->di, "One device only.");
  command->add_option("HREF", options->href, "One of its resources only.");
  add_api_options(*command, *options);
  command->callback([options, &run] { run = [options] { return watch(*options); }; });
}

}  // namespace ocf::server
