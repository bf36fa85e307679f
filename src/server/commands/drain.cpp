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

// The hub does the work: who interrupts this command does not interrupt that, and may type it again to watch.
Exit drain(const Options& options) {
  boost::json::object answer = ask_hub(options.data, {{"verb", "drain"}, {"rate", options.rate}});
  while (text_in(answer, "connections") != "0") {
    if (!options.json) {
      fmt::print("{} connections are open.\n", text_in(answer, "connections"));
      std::fflush(stdout);
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
    answer = ask_hub(options.data, {{"verb", "drain"}, {"rate", options.rate}});
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
