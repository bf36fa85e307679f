#include "server/admin/admin_client.hpp"
#include "server/commands/hub_options.hpp"
#include "server/commands/output.hpp"
#include "server/observability/top_view.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <thread>

namespace ocf::server {
namespace {

struct Options : SocketOptions {
  bool once = false;
};

constexpr std::chrono::seconds interval{1};
constexpr const char* clear_screen = "\x1b[H\x1b[2J";

Exit top(const Options& options) {
  boost::json::object earlier = ask_hub(options.data, {{"verb", "top"}});
  for (;;) {
    std::this_thread::sleep_for(interval);
    boost::json::object later = ask_hub(options.data, {{"verb", "top"}});
    const boost::json::object view = top_view(earlier, later);
    if (options.json) {
      fmt::print("{}\n", boost::json::serialize(view));
    } else {
      fmt::print("{}{}", options.once ? "" : clear_screen, top_screen(view));
    }
    flush_output();
    if (options.once) return Exit::ok;
    earlier = std::move(later);
  }
}

}  // namespace

void add_top(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "top", "Shows what the hub is busy with, again each second, until Ctrl-C; --json: an object a line.");
  command->add_flag("--once", options->once, "One second of it, and ends.");
  add_socket_options(*command, *options);
  command->callback([options, &run] { run = [options] { return top(*options); }; });
}

}  // namespace ocf::server
