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

void make_private_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (error)
    throw std::runtime_error(
        fmt::format("the directory {} cannot be made: {}", path.string(), error.message()));
}

void save(const fs::path& file, std::string_view content) {
  if (const auto saved = pki::save(file, content); !saved) {
    throw std::runtime_error(fmt::format("{} cannot be written: {}", file.string(), saved.error().message()));
  }
}

}  // namespace

fs::path admin_socket_path(const fs::path& data) { return data / "ocf-cloud.sock"; }

DataDirectory::DataDirectory(fs::path path) : path_(std::move(path)) {
  make_private_directory(path_);
  take_lock();
  make_private_directory(pki());
  make_private_directory(pki() / "trusted");
  load_sid();
}

DataDirectory::~DataDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

void DataDirectory::take_lock() {
  const fs::path file = path_ / "lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0)
    throw std::runtime_error(
        fmt::format("{} cannot be opened: {}", file.string(), std::system_category().message(errno)));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    throw std::runtime_error(
        fmt::format("another hub runs in {}; stop it, or give this one another --data", path_.string()));
  }
  lock_ = lock;
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

bool DataDirectory::first_start() const { return !fs::exists(path_ / "started"); }

void DataDirectory::mark_started() { save(path_ / "started", ""); }

}  // namespace ocf::server
