#include "server/commands/command.hpp"
#include "server/commands/serve_options.hpp"
#include "server/wiring.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ocf::server {
namespace {

// Whether a service manager keeps what the hub prints, as systemd does in its journal: no place for a token.
bool output_is_kept() {
  if (std::getenv("NOTIFY_SOCKET")) return true;              // NOLINT(concurrency-mt-unsafe): nobody sets
  const char* const journal = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): device:inode
  struct stat output {};
  return journal && ::fstat(STDOUT_FILENO, &output) == 0 &&
         journal == fmt::format("{}:{}", output.st_dev, output.st_ino);
}

Exit serve(const ServeOptions& options) {
  Config config = effective_config(options);
  LogSink log = stderr_log(config.log);
  Hub hub(std::move(config), std::move(log));
  hub.reload_by([&options] { return effective_config(options); });
  hub.run([&hub] {
    if (const auto token = hub.first_admin_token(); token && output_is_kept()) {
      fmt::print("`ocf-cloud token --owner admin` prints an admin token.\n");
    } else if (token) {
      fmt::print("admin token: {}\n", *token);
    }
    fmt::print("ready{}\n", hub.addresses().text());  // what scripts wait for
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
