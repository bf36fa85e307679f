#include "server/commands/command.hpp"
#include "server/commands/serve_options.hpp"
#include "server/wiring.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <utility>

namespace ocf::server {
namespace {

// What scripts wait for: the listeners that there are.
std::string ready_line(const HubAddresses& addresses) {
  std::string line = "ready";
  if (addresses.coap_tcp) line += " coap-tcp=" + addresses.coap_tcp->text();
  if (addresses.coap_tls) line += " coap-tls=" + addresses.coap_tls->text();
  if (addresses.http) line += " http=" + addresses.http->text();
  if (addresses.admin) line += " admin=" + addresses.admin->text();
  return line;
}

Exit serve(const ServeOptions& options) {
  Config config = effective_config(options);
  LogSink log = stderr_log(config.log);
  Hub hub(std::move(config), std::move(log));
  hub.reload_by([&options] { return effective_config(options); });
  hub.run([&hub] {
    if (const auto token = hub.first_admin_token()) fmt::print("admin token: {}\n", *token);
    fmt::print("{}\n", ready_line(hub.addresses()));
    std::fflush(stdout);
  });
  return Exit::ok;
}

}  // namespace

void add_serve(CLI::App& app, Run& run) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand(
      "serve", "Runs the hub in the foreground until SIGTERM or Ctrl-C; SIGHUP is `reload`.");
  add_serve_options(*command, *options);
  command->callback([options, &run] { run = [options] { return serve(*options); }; });
}

}  // namespace ocf::server
