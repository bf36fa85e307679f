#include "server/admin/admin_client.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <vector>

namespace ocf::server {
namespace {

constexpr int tries_max = 5;

struct Dump {
  std::string cursor;
  std::vector<std::string> lines;
};

// nullopt: the models changed meanwhile.
std::optional<Dump> ask(const std::string& data) {
  Dump dump;
  for (bool more = true; more;) {
    const boost::json::object answer = ask_hub(data, {{"verb", "dump"}, {"from", dump.lines.size()}});
    const std::string cursor = text_in(answer, "cursor");
    if (!dump.lines.empty() && cursor != dump.cursor) return std::nullopt;
    dump.cursor = cursor;
    for (const boost::json::value& line : answer.at("lines").as_array())
      dump.lines.emplace_back(line.as_string());
    more = answer.at("more").as_bool();
  }
  return dump;
}

Exit dump(const std::string& data) {
  for (int i = 0; i < tries_max; ++i) {
    const std::optional<Dump> dump = ask(data);
    if (!dump) continue;
    fmt::print("{{\"cursor\":\"{}\"}}\n", dump->cursor);
    for (const std::string& line : dump->lines) fmt::print("{}\n", line);
    return Exit::ok;
  }
  throw CommandFailure(
      Exit::failed,
      "The hub is too busy to be read at one moment; `ocf-cloud replay` folds its log instead.");
}

}  // namespace

void add_dump(CLI::App& app, Run& run) {
  auto data = std::make_shared<std::string>("./ocf-cloud-data");
  CLI::App* command = app.add_subcommand(
      "dump",
      "Prints what the running hub knows of its devices, as lines of JSON: its read models, at one moment.");
  command->add_option("--data", *data, "The hub's directory.")->capture_default_str();
  command->callback([data, &run] { run = [data] { return dump(*data); }; });
}

}  // namespace ocf::server
