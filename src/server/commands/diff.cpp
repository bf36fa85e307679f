#include "server/commands/difference_text.hpp"
#include "server/commands/hub_options.hpp"

#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

struct Options : ApiOptions {
  std::string di, href, from, to;
};

Exit diff(const Options& options) {
  std::string target = with_parameter(device_target(options.di) + "/diff", "from", options.from);
  target = with_parameter(with_parameter(std::move(target), "to", options.to), "href", options.href);
  const ApiAnswer answer = open_api(options).get(target);
  const boost::json::value document = document_of(answer);
  if (options.json) {
    fmt::print("{}\n", answer.body);
    return Exit::ok;
  }
  const std::string text = difference_text(document);
  fmt::print("{}", text.empty() ? "Nothing differs.\n" : text);
  return Exit::ok;
}

}  // namespace

void add_diff(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "diff",
      "Prints what changed on a device between two points: + came, - went, ~ changed.\n"
      "A point is a time such as 2026-11-25T07:00:00Z, or the id of an event of the HTTP API.");
  command->add_option("DI", options->di, "The device id.")->required();
  command->add_option("HREF", options->href, "One of its resources only, such as /light/1.");
  command->add_option("--from", options->from, "The earlier point.")->required();
  command->add_option("--to", options->to, "The later point; without it: now.");
  add_api_options(*command, *options);
  command->callback([options, &run] { run = [options] { return diff(*options); }; });
}

}  // namespace ocf::server
