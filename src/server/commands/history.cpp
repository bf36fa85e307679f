#include "server/commands/event_line.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace ocf::server {
namespace {

struct Options : ApiOptions {
  std::string di;
  std::string href;
  std::size_t limit = 1000;
};

// Of a page at a time, the newest first; printed is the oldest first.
Exit history(const Options& options) {
  const std::string target = with_parameter(device_target(options.di) + "/history", "href", options.href);
  const ApiClient api = open_api(options);
  std::vector<boost::json::value> events;  // newest first
  std::string more;
  do {
    boost::json::value page = document_of(api.get(with_parameter(target, "cursor", more)));
    boost::json::array& older = page.at("events").as_array();
    more = text_in(page, "more");
    while (!older.empty() && events.size() < options.limit) {
      events.push_back(std::move(older.back()));
      older.pop_back();
    }
    if (!older.empty()) more = "left out";
  } while (!more.empty() && events.size() < options.limit);
  std::reverse(events.begin(), events.end());
  if (options.json) {
    boost::json::object document{{"events", boost::json::array(events.begin(), events.end())}};
    fmt::print("{}\n", boost::json::serialize(document));
  } else {
    for (const boost::json::value& event : events) fmt::print("{}\n", event_line(event));
  }
  if (!more.empty()) {
    fmt::print(stderr,
               "There are older events: --limit prints more of them, and "
               "`ocf-cloud export --device {} --href {}` all.\n",
               options.di, options.href);
  }
  return Exit::ok;
}

}  // namespace

void add_history(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("history", "Prints what happened to a resource, oldest first.");
  command->add_option("DI", options->di, "The device id.")->required();
  command->add_option("HREF", options->href, "The resource, such as /light/1.")->required();
  command->add_option("--limit", options->limit, "So many at most, the newest; default 1000.")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  add_api_options(*command, *options);
  command->callback([options, &run] { run = [options] { return history(*options); }; });
}

}  // namespace ocf::server
