#include "server/admin/admin_client.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

namespace ocf::server {
namespace {

struct Options : SocketOptions {
  unsigned rate = 100;
};

constexpr std::chrono::seconds pause_between{1};
constexpr int attempts_max = 30;

// A hub that does not answer may be busy with its drain; who stops it once this command ends, as a service
// manager does, would stop it too early.
boost::json::object ask(const Options& options) {
  for (int attempt = 1;; ++attempt) {
    try {
      return ask_hub(options.data, {{"verb", "drain"}, {"rate", options.rate}});
    } catch (const CommandFailure& failure) {
      if (failure.exit() != Exit::failed || attempt == attempts_max) throw;
      fmt::print(stderr, "{} It is asked again.\n", failure.what());
    }
    std::this_thread::sleep_for(pause_between);
  }
}

// The hub does the work: who interrupts this command does not interrupt that, and may type it again to watch.
Exit drain(const Options& options) {
  boost::json::object answer = ask(options);
  while (text_in(answer, "connections") != "0") {
    if (!options.json) {
      fmt::print("{} connections are open.\n", text_in(answer, "connections"));
      std::fflush(stdout);
    }
    std::this_thread::sleep_for(pause_between);
    answer = ask(options);
  }
  fmt::print("{}\n", options.json ? boost::json::serialize(answer)
                                  : "No connection is open, and none is accepted: the hub can be stopped.");
  return Exit::ok;
}

}  // namespace

void add_drain(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "drain", "Before a stop: takes no more devices and clients, and sends those that are connected away.");
  command->add_option("--rate", options->rate, "How many connections per second; default 100.");
  add_socket_options(*command, *options);
  command->callback([options, &run] { run = [options] { return drain(*options); }; });
}

}  // namespace ocf::server
