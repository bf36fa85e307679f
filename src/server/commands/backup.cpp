#include "server/history/backup.hpp"

#include "server/admin/admin_client.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <memory>

namespace ocf::server {
namespace {

namespace fs = std::filesystem;

struct Options : SocketOptions {
  std::string folder;
};

void print(const Options& options, const Manifest& manifest, std::string_view what) {
  if (options.json) {
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"sid", manifest.sid},
                                                                  {"created", manifest.created},
                                                                  {"schema", manifest.schema},
                                                                  {"events", manifest.fold.events},
                                                                  {"cursor", manifest.fold.cursor},
                                                                  {"files", manifest.files.size()}}));
    return;
  }
  fmt::print("{} {} events in {} files, of {}.\n", what, manifest.fold.events, manifest.files.size(),
             manifest.created);
}

// The hub's, and gone when the copy is made or failed.
class Checkpoint {
 public:
  explicit Checkpoint(const fs::path& data)
      : path_(data / text_in(ask_hub(data, {{"verb", "checkpoint"}}), "checkpoint")) {}
  ~Checkpoint() {
    std::error_code ignored;  // the next start of the hub removes it
    fs::remove_all(path_, ignored);
  }
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

Exit run_backup(const Options& options) {
  const Checkpoint checkpoint(options.data);
  print(options, back_up(options.data, checkpoint.path(), options.folder), "Backed up, and read again:");
  return Exit::ok;
}

Exit run_restore(const Options& options) {
  print(options, restore(options.folder, options.data), "Restored, and read again:");
  return Exit::ok;
}

}  // namespace

void add_backup(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "backup", "Copies everything that the running hub keeps into a new folder, keys included.");
  command->add_option("--to", options->folder, "The folder: new or empty.")->required();
  add_socket_options(*command, *options);
  command->callback([options, &run] { run = [options] { return run_backup(*options); }; });
}

void add_restore(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("restore", "Makes a data directory of a backup, once it is verified to be whole.");
  command->add_option("--from", options->folder, "The folder of the backup.")->required();
  command->add_option("--data", options->data, "The data directory: new or empty.")->required();
  command->add_flag("--json", options->json, "Prints JSON.");
  command->callback([options, &run] { run = [options] { return run_restore(*options); }; });
}

}  // namespace ocf::server
