#include "server/admin/admin_client.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

Exit reload(const SocketOptions& options) {
  const boost::json::object answer = ask_hub(options.data, {{"verb", "reload"}});
  if (options.json) {
    fmt::print("{}\n", boost::json::serialize(answer));
    return Exit::ok;
  }
  const boost::json::array& changes = answer.at("changes").as_array();
  if (changes.empty()) fmt::print("The configuration is the one that the hub runs with.\n");
  for (const boost::json::value& change : changes) {
    fmt::print("{}: {} -> {}{}\n", text_in(change, "key"), text_in(change, "from"), text_in(change, "to"),
               change.at("needs_restart").as_bool() ? " (after a restart)" : "");
  }
  const boost::json::array& certificates = answer.at("certificates").as_array();
  if (certificates.empty()) fmt::print("The certificates, CAs and lists are those that the hub runs with.\n");
  for (const boost::json::value& change : certificates) fmt::print("{}\n", text_in(change, "text"));
  if (!certificates.empty())
    fmt::print("New connections get the certificates, CAs and lists that the files hold now.\n");
  fmt::print("Connections closed: {}.\n", text_in(answer, "closed"));
  for (const boost::json::value& warning : answer.at("warnings").as_array()) {
    fmt::print("Note: {}.\n", std::string(warning.as_string()));
  }
  return Exit::ok;
}

}  // namespace

void add_reload(CLI::App& app, Run& run) {
  auto options = std::make_shared<SocketOptions>();
  CLI::App* command = app.add_subcommand(
      "reload", "Reads the configuration file and the certificates anew, and prints what changed.");
  add_socket_options(*command, *options);
  command->callback([options, &run] { run = [options] { return reload(*options); }; });
}

}  // namespace ocf::server
