#include "ocf/device_id.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <memory>
#include <string_view>

namespace ocf::server {
namespace {

struct Options : ApiOptions {
  std::string correlation;
};

constexpr std::string_view message_indent = "\n                        ";  // below what happened

std::string hop_text(const boost::json::value& hop) {
  const double after_ms = static_cast<double>(hop.at("afterMicroseconds").to_number<std::int64_t>()) / 1000;
  std::string text =
      fmt::format("{:>10.3f} ms  {:<7}  {}", after_ms, text_in(hop, "place"), text_in(hop, "what"));
  std::string_view message;
  if (const boost::json::value* found = hop.as_object().if_contains("message")) message = found->get_string();
  while (!message.empty()) {
    const std::string_view line = message.substr(0, message.find('\n'));
    message.remove_prefix(std::min(line.size() + 1, message.size()));
    text += message_indent;
    text += line;
  }
  return text + '\n';
}

std::string for_people(const boost::json::value& trace) {
  std::string text =
      fmt::format("{} {} of {}\nbegun {}, trace id {}\n", text_in(trace, "operation"), text_in(trace, "href"),
                  text_in(trace, "device"), text_in(trace, "begun"), text_in(trace, "traceId"));
  for (const boost::json::value& hop : trace.at("hops").as_array()) text += hop_text(hop);
  const std::string left_out = text_in(trace, "hopsLeftOut");
  if (left_out != "0")
    text += fmt::format("{} later hops were left out (limits.trace_bytes_max).\n", left_out);
  return text;
}

Exit trace(const Options& options) {
  if (!DeviceId::parse(options.correlation)) {  // a UUID as well
    throw CommandFailure(Exit::usage,
                         fmt::format("'{}' is not a correlation id: that is a UUID.", options.correlation));
  }
  const ApiAnswer answer = open_api(options).get("/api/v1/traces/" + percent_encoded(options.correlation));
  if (answer.status == 404) {
    throw CommandFailure(
        Exit::not_found,
        "The hub remembers no such command that this owner may see: it keeps the newest ones, "
        "until it stops. Their events are in the device's history.");
  }
  const boost::json::value document = document_of(answer);
  fmt::print("{}", options.json ? answer.body + '\n' : for_people(document));
  return Exit::ok;
}

}  // namespace

void add_trace(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "trace", "Prints the way of a command: from its caller to the bytes that the device got, and back.");
  command
      ->add_option("CORRELATION-ID", options->correlation,
                   "Of the command, as `set` and `get --live` tell it, and the header Correlation-ID.")
      ->required();
  add_api_options(*command, *options);
  command->callback([options, &run] { run = [options] { return trace(*options); }; });
}

}  // namespace ocf::server
