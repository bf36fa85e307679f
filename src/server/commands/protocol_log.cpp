#include "server/commands/hub_options.hpp"
#include "server/commands/output.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <memory>
#include <string_view>

namespace ocf::server {
namespace {

struct Options : ApiOptions {
  std::string di;
};

std::string indented(std::string_view message) {
  std::string text = "  ";
  for (const char letter : message) {
    text += letter;
    if (letter == '\n') text += "  ";
  }
  return text;
}

void print(const Options& options, const ApiEvent& event) {
  boost::system::error_code malformed;
  const boost::json::value data = boost::json::parse(event.data, malformed);
  if (malformed) throw CommandFailure(Exit::failed, "The hub's answer is not JSON.");
  if (event.name == "begun") {
    fmt::print(stderr, "Listening to {} until Ctrl-C.\n", text_in(data, "device"));
  } else if (event.name == "problem") {
    throw CommandFailure(Exit::failed, "The hub ended the stream: " + text_in(data, "detail"));
  } else if (options.json) {
    fmt::print("{}\n", event.data);
  } else if (event.name == "left_out") {
    fmt::print(
        "{} messages were left out: they came faster than they were read "
        "(limits.protocol_log_bytes_max).\n",
        text_in(data, "messages"));
  } else {
    const bool is_from_device = text_in(data, "direction") == "from_device";
    fmt::print("{}  {}\n{}\n", text_in(data, "time"), is_from_device ? "from the device" : "to the device",
               indented(text_in(data, "message")));
  }
  flush_output();
}

Exit protocol_log(const Options& options) {
  const ApiAnswer end = open_api(options).follow(device_target(options.di) + "/protocol-log",
                                                 [&](const ApiEvent& event) { print(options, event); });
  body_of(end);
  throw CommandFailure(Exit::failed, "The hub ended the stream.");
}

}  // namespace

void add_protocol_log(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "protocol-log", "Prints each CoAP message between a device and the hub, decoded, until Ctrl-C.");
  command->add_option("DI", options->di, "The device id.")->required();
  add_api_options(*command, *options);
  command->callback([options, &run] { run = [options] { return protocol_log(*options); }; });
}

}  // namespace ocf::server
