// A backup: a folder with the files of a data directory, and a manifest that says what they are and what they
// amount to. docs/operations/running.md.
#pragma once

#include "server/history/fold.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ocf::server {

struct Manifest {
  struct File {
    std::string path;  // within the folder, "store/000012.sst"
    std::uint64_t bytes = 0;
    std::string sha256;
  };
  std::string created;  // RFC 3339
  std::string release;  // of the hub that made it
  std::string sid;
  unsigned schema = 0;  // of the store
  Fold fold;
  std::vector<File> files;
};

// Whether the name is that of a checkpoint: what a hub leaves in its data directory for a backup to copy.
bool is_checkpoint(const std::string& name);
// A new name.
std::string checkpoint_name();
// Those that an interrupted backup left.
void remove_checkpoints(const std::filesystem::path& data);

// Copies `checkpoint` as the store, and what else `data` has, into the folder `to`, which is made or empty;
// opens and folds the copy, and writes the manifest last of all. Throws std::runtime_error with a sentence.
Manifest back_up(const std::filesystem::path& data, const std::filesystem::path& checkpoint,
                 const std::filesystem::path& to);

// Verifies the backup, copies it into `data`, which is made, empty, or left by a restore that did not end,
// and verifies that the copy folds to what the manifest says. Until then no hub starts there. What it makes
// is durable, and belongs to whoever `data` belongs to. Throws std::runtime_error with a sentence that names
// the file that is not what it was.
Manifest restore(const std::filesystem::path& from, const std::filesystem::path& data);

}  // namespace ocf::server
