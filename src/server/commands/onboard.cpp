#include "server/admin/admin_client.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

struct Options : SocketOptions {
  std::string owner;
};

// In the words of the device's cloud configuration resource (oic.r.coapcloudconf).
std::string for_people(const boost::json::object& answer) {
  std::string text = "Write into the device's cloud configuration:\n";
  text += fmt::format("  cis  {}\n", text_in(answer, "cis"));
  text += fmt::format("  sid  {}\n", text_in(answer, "sid"));
  text += fmt::format("  at   {}   (works once, for a few minutes)\n", text_in(answer, "code"));
  text += fmt::format("  apn  {}\n", text_in(answer, "authprovider"));
  text += "Trust anchor for the device:\n" + text_in(answer, "ca");
  return text;
}

Exit onboard(const Options& options) {
  const boost::json::object answer = ask_hub(options.data, {{"verb", "onboard"}, {"owner", options.owner}});
  fmt::print("{}", options.json ? boost::json::serialize(answer) + "\n" : for_people(answer));
  return Exit::ok;
}

}  // namespace

void add_onboard(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "onboard", "Prints what a device needs to sign up: a one-time code and where to go.");
  command->add_option("--owner", options->owner, "Who owns the device.")->required();
  add_socket_options(*command, *options);
  command->callback([options, &run] { run = [options] { return onboard(*options); }; });
}

}  // namespace ocf::server
