#include "server/history/backup.hpp"

#include "server/admin/admin_client.hpp"
#include "server/commands/hub_options.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/file.h>
#include <unistd.h>

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

// One backup of a hub at a time, until this is destroyed or the process ends. So a checkpoint that is there
// before it asks for its own is nobody's any more.
class Turn {
 public:
  explicit Turn(const fs::path& data) : file_(::open((data / "sid").c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
    if (file_ >= 0) ::close(file_);
    throw CommandFailure(file_ < 0 ? Exit::no_hub : Exit::failed,
                         file_ < 0
                             ? fmt::format("There is no hub's data in {} that you may read.", data.string())
                             : fmt::format("Another backup of the hub in {} is being made.", data.string()));
  }
  ~Turn() { ::close(file_); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  const int file_;
};

// The hub's, and gone when the copy is made or failed.
class Checkpoint {
 public:
  explicit Checkpoint(const fs::path& data)
      : path_(data / text_in(ask_hub(data, {{"verb", "checkpoint"}}), "checkpoint")) {}
  ~Checkpoint() {
    std::error_code ignored;  // the next backup, or start of the hub, removes it
    fs::remove_all(path_, ignored);
  }
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

Exit run_backup(const Options& options) {
  const Turn turn(options.data);
  remove_checkpoints(options.data);
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
