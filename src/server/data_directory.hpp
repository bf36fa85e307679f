// The directory of everything a hub keeps, and who may use it: one hub at a time.
//
//   store/           the events (RocksDB)
//   pki/             ca.crt ca.key ca.crl hub.crt hub.key trusted/*.crt, issued (serials, by device)
//   signing-key.pem  signs access tokens
//   sid              the cloud's id, a UUID
//   ocf-cloud.sock   for commands while a hub runs
//   lock             held by the hub that runs
//   checkpoint-…     a copy of the store that a backup is being made of
//   restoring        there until a restore is whole
//   started          there once a hub has been ready in this directory
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace ocf::server {

// Whoever reads or writes the files themselves, a hub or a command: one at a time. The lock ends with it,
// also when the process is killed.
class DataLock {
 public:
  // `data` exists. Throws std::runtime_error with a sentence: another hub uses it, a restore was not
  // finished.
  explicit DataLock(const std::filesystem::path& data);
  // For a restore, which is not finished.
  struct ForRestore {};
  DataLock(const std::filesystem::path& data, ForRestore);
  ~DataLock();
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;

 private:
  int file_ = -1;
};

// Directories have mode 0700, keys 0600. Lives as long as the hub.
class DataDirectory {
 public:
  // Creates what is missing and takes the lock. Throws std::runtime_error with a sentence: cannot be made,
  // another hub uses it, a restore was not finished, an obstacle(), a damaged sid.
  explicit DataDirectory(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path store() const { return path_ / "store"; }
  std::filesystem::path pki() const { return path_ / "pki"; }
  std::filesystem::path signing_key() const { return path_ / "signing-key.pem"; }

  const std::string& sid() const { return sid_; }

  // Whether no hub was ever ready here. mark_started() ends that for good; throws std::runtime_error.
  bool first_start() const;
  void mark_started();

 private:
  void load_sid();

  const std::filesystem::path path_;
  const DataLock lock_;
  std::string sid_;
};

// Why no hub may start with what is in a directory, a sentence without its period: it is a backup, or a hub
// was ready there and what makes it that hub is gone; a new one in its place would know no device. nullopt:
// it may.
std::optional<std::string> obstacle(const std::filesystem::path& data);

// What a backup has that was finished, and no data directory.
std::filesystem::path manifest_path(const std::filesystem::path& folder);

// There until a restore into the directory is whole: what has it is no hub's data yet.
std::filesystem::path restoring_path(const std::filesystem::path& data);

// Gives a file or directory that root makes in somebody else's data directory to that user: their hub could
// not open it. Nothing for anybody but root. Throws std::runtime_error.
void give_to_owner(const std::filesystem::path& file, const std::filesystem::path& data);

// The socket for commands of the hub in a data directory.
std::filesystem::path admin_socket_path(const std::filesystem::path& data);

}  // namespace ocf::server
