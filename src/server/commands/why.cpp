#include "server/admin/admin_client.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

struct Options : SocketOptions {
  std::string about;
};

// Empty for once.
std::string how_often(const boost::json::value& refusal) {
  const std::string count = text_in(refusal, "count");
  return count == "1" ? "" : fmt::format("  {} times since {}", count, text_in(refusal, "since"));
}

std::string for_people(const boost::json::object& answer, const std::string& about) {
  const boost::json::array& refusals = answer.at("refusals").as_array();
  if (refusals.empty()) {
    return fmt::format(
        "The hub remembers no refusal of {}. What never reached it is not refused: compare the "
        "addresses.\n",
        about.empty() ? "anybody" : about);
  }
  std::string text;
  for (const boost::json::value& refusal : refusals) {
    const std::string device = text_in(refusal, "device");
    text += fmt::format("{}  {}  {}{}{}\n", text_in(refusal, "time"), text_in(refusal, "stage"),
                        text_in(refusal, "peer"), device.empty() ? "" : "  " + device, how_often(refusal));
    text += fmt::format("  why: {}\n  do:  {}\n", text_in(refusal, "reason"), text_in(refusal, "advice"));
  }
  return text;
}

Exit why(const Options& options) {
  const boost::json::object answer = ask_hub(options.data, {{"verb", "why"}, {"about", options.about}});
  fmt::print("{}", options.json ? boost::json::serialize(answer) + "\n" : for_people(answer, options.about));
  return Exit::ok;
}

}  // namespace

void add_why(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("why", "Prints what the hub refused lately, why, and what to do; newest first.");
  command->add_option("ABOUT", options->about, "A device id or an IP address; without it: anybody.");
  add_socket_options(*command, *options);
  command->callback([options, &run] { run = [options] { return why(*options); }; });
}

}  // namespace ocf::server
