// The directory of everything a hub keeps, and who may use it: one hub at a time.
//
//   store/           the events (RocksDB)
//   pki/             ca.crt ca.key ca.crl hub.crt hub.key trusted/*.crt, issued (serials, by device)
//   signing-key.pem  signs access tokens
//   sid              the cloud's id, a UUID
//   ocf-cloud.sock   for commands while a hub runs
//   lock             held by the hub that runs
//   checkpoint-…     a copy of the store that a backup is being made of
//   started          there once a hub has been ready in this directory
#pragma once

#include <filesystem>
#include <string>

namespace ocf::server {

// Directories have mode 0700, keys 0600. Lives as long as the hub; the lock ends with it, also when the
// process is killed.
class DataDirectory {
 public:
  // Creates what is missing and takes the lock. Throws std::runtime_error with a sentence: cannot be made,
  // another hub uses it, a damaged sid.
  explicit DataDirectory(std::filesystem::path path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path store() const { return path_ / "store"; }
  std::filesystem::path pki() const { return path_ / "pki"; }
  std::filesystem::path signing_key() const { return path_ / "signing-key.pem"; }

  const std::string& sid() const { return sid_; }

  // Whether no hub was ever ready here. mark_started() ends that for good; throws std::runtime_error.
  bool first_start() const;
  void mark_started();

 private:
  void take_lock();
  void load_sid();

  const std::filesystem::path path_;
  int lock_ = -1;
  std::string sid_;
};

// The socket for commands of the hub in a data directory.
std::filesystem::path admin_socket_path(const std::filesystem::path& data);

}  // namespace ocf::server
