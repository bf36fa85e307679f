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

Exit token(const Options& options) {
  const boost::json::object answer = ask_hub(options.data, {{"verb", "token"}, {"owner", options.owner}});
  fmt::print("{}\n", options.json ? boost::json::serialize(answer) : text_in(answer, "token"));
  return Exit::ok;
}

}  // namespace

void add_token(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("token", "Prints a bearer token of an owner, for the HTTP API.");
  command->add_option("--owner", options->owner, "Whose token.")->required();
  add_socket_options(*command, *options);
  command->callback([options, &run] { run = [options] { return token(*options); }; });
}

}  // namespace ocf::server
