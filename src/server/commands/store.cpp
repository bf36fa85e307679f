#include "server/commands/hub_options.hpp"
#include "server/history/log_check.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

std::string sentence_of(const Damage& damage) {
  std::string place = fmt::format("partition {}", damage.position.partition);
  if (damage.position.offset != 0) place += fmt::format(", offset {}", damage.position.offset);
  if (!damage.stream.empty()) place += fmt::format(", stream {}, version {}", damage.stream, damage.version);
  return fmt::format("Damaged at {}: {}.", place, damage.what);
}

boost::json::object document_of(const LogCheck& found) {
  boost::json::object document{{"events", found.events},
                               {"streams", found.streams},
                               {"trimmed", found.trimmed},
                               {"of_newer_release", found.of_newer_release}};
  if (found.damage) {
    const Damage& damage = *found.damage;
    boost::json::object place{{"partition", damage.position.partition}, {"what", damage.what}};
    if (damage.position.offset != 0) place["offset"] = damage.position.offset;
    if (!damage.stream.empty()) {
      place["stream"] = damage.stream;
      place["version"] = damage.version;
    }
    document["damage"] = std::move(place);
  }
  return document;
}

Exit verify(const SocketOptions& options) {
  const std::unique_ptr<LogSource> log = open_log(options.data);
  const LogCheck found = check_log(*log);
  if (options.json) fmt::print("{}\n", boost::json::serialize(document_of(found)));
  if (found.damage) throw CommandFailure(Exit::failed, sentence_of(*found.damage));
  if (!options.json) {
    fmt::print("The log is whole: {} events in {} streams, {} of them trimmed at their beginning.\n",
               found.events, found.streams, found.trimmed);
  }
  return Exit::ok;
}

}  // namespace

void add_store(CLI::App& app, Run& run) {
  CLI::App* store = app.add_subcommand("store", "Looks after the event store.");
  store->require_subcommand(1);
  auto options = std::make_shared<SocketOptions>();
  CLI::App* command = store->add_subcommand("verify",
                                            "Reads everything and names the first damaged place (exit code "
                                            "1). Of a hub that runs: the log; of one\n"
                                            "that is stopped, its index, too.");
  add_socket_options(*command, *options);
  command->callback([options, &run] { run = [options] { return verify(*options); }; });
}

}  // namespace ocf::server
