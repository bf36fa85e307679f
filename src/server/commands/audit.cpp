#include "server/admin/admin_client.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

struct Options : ApiOptions {
  std::string device;
  std::string by;
  std::string type;
  std::string since;
  std::string until;
  std::size_t limit = 100;
  bool administration = false;
};

constexpr std::size_t page_max = 1000;

std::string target_of(const Options& options, std::size_t limit, const std::string& cursor) {
  std::string target = "/api/v1/audit?limit=" + std::to_string(std::min(limit, page_max));
  target = with_parameter(std::move(target), "device", options.device);
  target = with_parameter(std::move(target), "by", options.by);
  target = with_parameter(std::move(target), "type", options.type);
  target = with_parameter(std::move(target), "since", options.since);
  target = with_parameter(std::move(target), "until", options.until);
  return with_parameter(std::move(target), "cursor", cursor);
}

// Time, who, what, to which device and resource, with which content, by which request; of an administrative
// act, what it was about.
std::string audit_line(const boost::json::value& event) {
  std::string line = text_in(event, "time");
  const auto add = [&line](const std::string& word) {
    if (!word.empty()) line += "  " + word;
  };
  for (const std::string_view name : {"principal", "type", "about", "device", "href"})
    add(text_in(event, name));
  if (const boost::json::value* data = event.as_object().if_contains("data")) {
    const std::string content = text_in(*data, "content");
    add(content.empty() ? text_in(event, "data") : content);
  }
  add(text_in(event, "correlationId"));
  return line;
}

void print(const Options& options, const boost::json::value& event) {
  fmt::print("{}\n", options.json ? boost::json::serialize(event) : audit_line(event));
}

Exit audit_devices(const Options& options) {
  const ApiClient api = open_api(options);
  std::string cursor, from;
  std::size_t left = options.limit;
  while (left > 0) {
    const boost::json::value page = document_of(api.get(target_of(options, left, cursor)));
    for (const boost::json::value& event : page.at("events").as_array()) {
      print(options, event);
      --left;
    }
    from = text_in(page, "from");
    cursor = text_in(page, "more");
    if (cursor.empty()) break;
  }
  // Nothing of what does not exist, and nothing of what nobody touched, are not the same.
  if (left == options.limit && !options.device.empty()) body_of(api.get(device_target(options.device)));
  if (!from.empty()) {
    fmt::print(stderr,
               "Of resources only what came after {} is whole: older events were trimmed "
               "(limits.retention_time, limits.retention_bytes_max).\n",
               from);
  }
  return Exit::ok;
}

Exit audit_administration(const Options& options) {
  const boost::json::object answer = ask_hub(options.data, {{"verb", "administration"},
                                                            {"by", options.by},
                                                            {"type", options.type},
                                                            {"since", options.since},
                                                            {"until", options.until},
                                                            {"limit", options.limit}});
  for (const boost::json::value& act : answer.at("acts").as_array()) print(options, act);
  return Exit::ok;
}

Exit audit(const Options& options) {
  return options.administration ? audit_administration(options) : audit_devices(options);
}

}  // namespace

void add_audit(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("audit", "Prints who did what to the owner's devices, a line each, newest first.");
  command->add_option("--device", options->device, "One device only.");
  command->add_option("--by", options->by, "Only what this one did: an owner's name, or device:<its id>.");
  command->add_option("--type", options->type, "Only events of this type, such as ResourceUpdatePending.");
  command->add_option("--since", options->since, "Only what came after this time (2026-11-25T07:00:00Z).");
  command->add_option("--until", options->until, "Only what had come by this time.");
  command->add_option("--limit", options->limit, "At most so many; default 100.")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  command
      ->add_flag("--administration", options->administration,
                 "What administrators had the hub do by its socket, instead; --by uid:0, --type TokenIssued.")
      ->excludes("--device");
  add_api_options(*command, *options);
  command->callback([options, &run] { run = [options] { return audit(*options); }; });
}

}  // namespace ocf::server
