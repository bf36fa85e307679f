#include "server/data_directory.hpp"

#include "base/random.hpp"
#include "ocf/device_id.hpp"
#include "pki/key_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace ocf::server {

namespace fs = std::filesystem;

namespace {

fs::path made_private_directory(fs::path path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (error)
    throw std::runtime_error(
        fmt::format("the directory {} cannot be made: {}", path.string(), error.message()));
  return path;
}

fs::path started_path(const fs::path& data) { return data / "started"; }

fs::path checked(fs::path data) {
  if (const auto found = obstacle(data)) throw std::runtime_error(*found);
  return data;
}

void save(const fs::path& file, std::string_view content) {
  if (const auto saved = pki::save(file, content); !saved) {
    throw std::runtime_error(fmt::format("{} cannot be written: {}", file.string(), saved.error().message()));
  }
}

}  // namespace

std::optional<std::string> obstacle(const fs::path& data) {
  std::error_code unreadable;  // then whoever opens it says so
  if (fs::exists(manifest_path(data), unreadable))
    return fmt::format("{} is a backup: `ocf-cloud restore` makes a data directory of it", data.string());
  // A restore that is not finished is the lock's to tell, and a first start that was interrupted goes on.
  if (fs::exists(restoring_path(data), unreadable) || !fs::exists(started_path(data), unreadable))
    return std::nullopt;
  std::string missing;
  for (const char* name : {"sid", "signing-key.pem", "pki/ca.crt", "pki/ca.key", "store/CURRENT"}) {
    if (fs::exists(data / name, unreadable) || unreadable) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(name);
  }
  if (missing.empty()) return std::nullopt;
  return fmt::format(
      "{} was in use and lacks {}: bring back what is missing, or restore a backup into a new directory",
      data.string(), missing);
}

fs::path manifest_path(const fs::path& folder) { return folder / "manifest.json"; }
fs::path admin_socket_path(const fs::path& data) { return data / "ocf-cloud.sock"; }
fs::path restoring_path(const fs::path& data) { return data / "restoring"; }

void give_to_owner(const fs::path& file, const fs::path& data) {
  struct stat owner {};
  if (::geteuid() != 0) return;
  if (::stat(data.c_str(), &owner) != 0 || ::lchown(file.c_str(), owner.st_uid, owner.st_gid) != 0)
    throw std::runtime_error(fmt::format("{} cannot be given to the owner of {}: {}", file.string(),
                                         data.string(), std::system_category().message(errno)));
}

// The lock comes first: a restore that begins meanwhile wants it too.
DataLock::DataLock(const fs::path& data) : DataLock(data, ForRestore()) {
  if (fs::exists(restoring_path(data)))
    throw std::runtime_error(
        fmt::format("a restore into {} was not finished: restore the backup again", data.string()));
}

DataLock::DataLock(const fs::path& data, ForRestore) {
  const fs::path file = data / "lock";
  const bool is_new = !fs::exists(file);
  file_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0)
    throw std::runtime_error(
        fmt::format("{} cannot be opened: {}", file.string(), std::system_category().message(errno)));
  if (is_new) give_to_owner(file, data);
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    ::close(file_);
    throw std::runtime_error(
        fmt::format("another hub runs in {}; stop it, or give this one another --data", data.string()));
  }
}

DataLock::~DataLock() { ::close(file_); }

DataDirectory::DataDirectory(fs::path path)
    : path_(made_private_directory(checked(std::move(path)))), lock_(path_) {
  made_private_directory(pki());
  made_private_directory(pki() / "trusted");
  load_sid();
}

void DataDirectory::load_sid() {
  const fs::path file = path_ / "sid";
  if (!fs::exists(file)) save(file, random_uuid() + "\n");
  const auto text = pki::load(file);
  const auto sid = text ? DeviceId::parse(std::string_view(*text).substr(0, text->find('\n')))
                        : Result<DeviceId>(text.error());
  if (!sid)
    throw std::runtime_error(
        fmt::format("{} does not hold the cloud's id: {}", file.string(), sid.error().message()));
  sid_ = sid->text();
}

bool DataDirectory::first_start() const { return !fs::exists(started_path(path_)); }

void DataDirectory::mark_started() { save(started_path(path_), ""); }

}  // namespace ocf::server
