#include "server/history/replay.hpp"

#include "http/difference_json.hpp"
#include "http/model_json.hpp"
#include "server/commands/difference_text.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <set>

namespace ocf::server {
namespace {

struct Options : SocketOptions {
  std::string until, amend;
  bool diff = false;
};

Amendments amendments(const std::string& file) {
  std::ifstream lines(file);
  Amendments read = Amendments::read(lines, file);
  if (!lines.is_open() || lines.bad())  // bad: a folder, for instance
    throw CommandFailure(Exit::usage, fmt::format("{} cannot be read.", file));
  if (read.empty()) throw CommandFailure(Exit::usage, fmt::format("{} has no event.", file));
  return read;
}

void print(const Replayed& replayed) {
  fmt::print("{{\"cursor\":\"{}\"}}\n", replayed.cursor.text());
  const http::ModelLines model(replayed.models);
  for (const device::DeviceKey& key : model.keys()) fmt::print("{}\n", model.line(key));
}

// Of a device in its current registration; the status resource is shown as `online`.
http::DeviceState state_of(const cloud::ReadModels& models, const account::Tenant& tenant,
                           const DeviceId& di) {
  const directory::DeviceEntry* device = models.directory.known(tenant, di);
  return {device, device == nullptr ? nullptr : &models.shadow.of_device(device->key), nullptr};
}

void print_difference(const Options& options, const Replayed& plain, const Replayed& amended) {
  std::set<std::pair<account::Tenant, DeviceId>> devices;
  for (const Replayed* replayed : {&plain, &amended}) {
    for (const auto* claimed : replayed->models.directory.all())
      devices.emplace(claimed->entry.key.tenant, claimed->entry.key.device);
  }
  bool differs = false;
  for (const auto& [tenant, di] : devices) {
    std::string line;
    http::JsonWriter json(line);
    json.begin_object().key("tenant").text(tenant.text()).key("di").text(di.text());
    if (!http::write_difference(json, state_of(plain.models, tenant, di),
                                state_of(amended.models, tenant, di)))
      continue;
    differs = true;
    json.end_object();
    if (options.json)
      fmt::print("{}\n", line);
    else
      fmt::print("{}\n{}", di.text(), difference_text(boost::json::parse(line)));
  }
  if (!differs && !options.json) fmt::print("Nothing differs.\n");
}

Exit replay(const Options& options) {
  if (options.diff && options.amend.empty())
    throw CommandFailure(Exit::usage, "--diff shows what --amend changes: name a file.");
  std::optional<Amendments> amended;
  if (!options.amend.empty()) amended = amendments(options.amend);
  const std::unique_ptr<LogSource> log = open_log(options.data);
  std::optional<cloud::Point> until;
  if (!options.until.empty()) until = point_in(*log, options.until);
  const Replayed replayed = replay(*log, until, amended ? &*amended : nullptr);
  if (replayed.trimmed > 0) {
    fmt::print(stderr, "Of {} resources the events of then were trimmed: their values are not known.\n",
               replayed.trimmed);
  }
  if (options.diff)
    print_difference(options, replay(*log, until, nullptr), replayed);
  else
    print(replayed);
  return Exit::ok;
}

}  // namespace

void add_replay(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("replay",
                                         "Folds the log into a model of its own, beside the live one, and "
                                         "prints it as `dump` does. Reads only, of\n"
                                         "a hub that runs or is stopped; no device is ever reached.");
  command->add_option("--until", options->until, "The last point that counts: a time or a cursor.");
  command->add_option("--amend", options->amend,
                      "A file of events, as `export` prints them, that take the place of others.");
  command->add_flag("--diff", options->diff, "Prints what --amend makes different instead.");
  add_socket_options(*command, *options);
  command->callback([options, &run] { run = [options] { return replay(*options); }; });
}

}  // namespace ocf::server
