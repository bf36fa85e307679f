#include "server/history/backup.hpp"

#include "base/random.hpp"
#include "base/time.hpp"
#include "net/clock.hpp"
#include "pki/digest.hpp"
#include "pki/key_file.hpp"
#include "server/data_directory.hpp"
#include "store_rocksdb/layout.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <set>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace ocf::server {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::string_view checkpoint_prefix = "checkpoint-";
constexpr unsigned manifest_format = 1;
constexpr std::size_t piece_bytes = 1024 * 1024;

[[noreturn]] void cannot(const std::string& what, const std::error_code& why) {
  throw std::runtime_error(fmt::format("{}: {}", what, why.message()));
}

std::error_code last_error() { return {errno, std::system_category()}; }

class File {
 public:
  File(fs::path path, int flags)
      : path_(std::move(path)), number_(::open(path_.c_str(), flags | O_CLOEXEC, 0600)) {
    if (number_ < 0) cannot(path_.string() + " cannot be opened", last_error());
  }
  ~File() { ::close(number_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // Fewer than there is room for: the end.
  std::size_t read(Bytes& into) {
    std::size_t size = 0;
    while (size < into.size()) {
      const ssize_t more = ::read(number_, into.data() + size, into.size() - size);
      if (more < 0 && errno == EINTR) continue;
      if (more < 0) cannot(path_.string() + " cannot be read", last_error());
      if (more == 0) break;
      size += static_cast<std::size_t>(more);
    }
    return size;
  }
  void write(ByteView bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(number_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) cannot(path_.string() + " cannot be written", last_error());
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  // And not another file, or none.
  bool is_at_its_path() const {
    struct stat opened = {};
    struct stat named = {};
    return ::fstat(number_, &opened) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
  }
  // Nobody else has it until this is destroyed.
  bool lock() { return ::flock(number_, LOCK_EX | LOCK_NB) == 0; }
  void sync() {
    if (::fsync(number_) != 0) cannot(path_.string() + " cannot be synced", last_error());
  }

 private:
  const fs::path path_;
  const int number_;
};

[[noreturn]] void not_empty(const fs::path& path, std::string_view what) {
  throw std::runtime_error(fmt::format("{} is not empty: {} goes into a new directory", path.string(), what));
}
constexpr std::string_view a_backup = "a backup";
constexpr std::string_view what_is_restored = "what is restored";

void check_empty(const fs::path& path, std::string_view what) {
  std::error_code error;
  if (fs::exists(path, error) && (!fs::is_directory(path, error) || !fs::is_empty(path, error)))
    not_empty(path, what);
}

// Its parents may be missing.
void make_private(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (error) cannot(fmt::format("the directory {} cannot be made", path.string()), error);
}

// Durable when it returns, but for the entry in its directory.
void copy_durably(const fs::path& from, const fs::path& to) {
  File source(from, O_RDONLY);
  File target(to, O_WRONLY | O_CREAT | O_EXCL);
  Bytes piece(piece_bytes);
  for (;;) {
    const std::size_t size = source.read(piece);
    target.write(ByteView(piece).first(size));
    if (size < piece.size()) break;
  }
  target.sync();
}

void sync_directory(const fs::path& path) { File(path, O_RDONLY | O_DIRECTORY).sync(); }

void copy_all(const fs::path& from, const fs::path& to) {
  make_private(to);
  for (const fs::directory_entry& entry : fs::directory_iterator(from)) {
    const fs::path target = to / entry.path().filename();
    if (entry.is_directory())
      copy_all(entry.path(), target);
    else if (entry.is_regular_file())
      copy_durably(entry.path(), target);
  }
  sync_directory(to);
}

Manifest::File described(const fs::path& folder, const std::string& path) {
  File file(folder / path, O_RDONLY);
  pki::Sha256 digest;
  Bytes piece(piece_bytes);
  Manifest::File described{path, 0, ""};
  for (;;) {
    const std::size_t size = file.read(piece);
    digest.add(ByteView(piece).first(size));
    described.bytes += size;
    if (size < piece.size()) break;
  }
  described.sha256 = digest.hex();
  return described;
}

std::string text_of(const Manifest& manifest) {
  json::array files;
  for (const Manifest::File& file : manifest.files)
    files.push_back(json::object{{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  return json::serialize(json::object{{"format", manifest_format},
                                      {"created", manifest.created},
                                      {"release", manifest.release},
                                      {"sid", manifest.sid},
                                      {"schema", manifest.schema},
                                      {"events", manifest.fold.events},
                                      {"cursor", manifest.fold.cursor},
                                      {"log", manifest.fold.log},
                                      {"readModels", manifest.fold.read_models},
                                      {"files", std::move(files)}}) +
         "\n";
}

// Whether a manifest may name it: below the folder, and by no detour.
bool is_below(const fs::path& path) {
  return !path.empty() && path.is_relative() &&
         std::none_of(path.begin(), path.end(),
                      [](const fs::path& part) { return part == ".." || part == "."; });
}

Manifest manifest_in(const fs::path& folder) {
  const fs::path file = manifest_path(folder);
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw std::runtime_error(fmt::format("{} holds no backup that was finished: there is no {}",
                                         folder.string(), file.filename().string()));
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  Manifest manifest;
  try {
    const json::object document = json::parse(text).as_object();
    if (document.at("format").to_number<unsigned>() > manifest_format)
      throw std::runtime_error(file.string() + " is of a newer release; restore the backup with that one");
    const auto words = [&document](const char* name) { return std::string(document.at(name).as_string()); };
    manifest.created = words("created");
    manifest.release = words("release");
    manifest.sid = words("sid");
    manifest.schema = document.at("schema").to_number<unsigned>();
    manifest.fold = {document.at("events").to_number<std::uint64_t>(), words("cursor"), words("log"),
                     words("readModels")};
    for (const json::value& value : document.at("files").as_array()) {
      const json::object& described = value.as_object();
      manifest.files.push_back({std::string(described.at("path").as_string()),
                                described.at("bytes").to_number<std::uint64_t>(),
                                std::string(described.at("sha256").as_string())});
      if (!is_below(manifest.files.back().path)) throw std::out_of_range("path");
    }
  } catch (const std::logic_error&) {
    throw std::runtime_error(fmt::format("the backup is damaged: {} is no manifest", file.string()));
  } catch (const boost::system::system_error&) {
    throw std::runtime_error(fmt::format("the backup is damaged: {} is no manifest", file.string()));
  }
  return manifest;
}

void verify(const fs::path& folder, const Manifest& manifest) {
  for (const Manifest::File& wanted : manifest.files) {
    if (!fs::is_regular_file(folder / wanted.path))
      throw std::runtime_error(
          fmt::format("the backup is damaged: {} is missing", (folder / wanted.path).string()));
    const Manifest::File found = described(folder, wanted.path);
    if (found.bytes != wanted.bytes || found.sha256 != wanted.sha256)
      throw std::runtime_error(
          fmt::format("the backup is damaged: {} is not what it was", (folder / wanted.path).string()));
  }
}

// What is in a backup besides the store: what makes a hub this hub.
constexpr std::array<const char*, 4> kept{"pki", "sid", "signing-key.pem", "started"};

// What stands in a data directory while it is restored: no hub starts there. It is taken away when all the
// rest is durable; left behind by a restore that did not end, it says that the next one may begin anew.
class Restoring {
 public:
  // `data` is empty, or has what such a restore left, which is removed.
  explicit Restoring(const fs::path& data)
      : data_(data),
        is_another_try_(fs::exists(restoring_path(data))),
        file_(restoring_path(data), O_RDWR | O_NOFOLLOW | (is_another_try_ ? 0 : O_CREAT | O_EXCL)) {
    // The other one may have ended, and what it restored must stay.
    if (!file_.lock() || !file_.is_at_its_path())
      throw std::runtime_error(fmt::format("another restore goes into {} just now", data.string()));
    try {
      lock_.emplace(data, DataLock::ForRestore());
      file_.sync();
      sync_directory(data);
      remove_what_was_left();
    } catch (const std::exception&) {
      if (!is_another_try_) fs::remove(restoring_path(data));
      throw;
    }
  }

  // Makes everything durable, the owner's of the directory, and a hub's.
  void finish() {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(data_)) {
      give_to_owner(entry.path(), data_);
      if (entry.is_directory()) sync_directory(entry.path());
    }
    sync_directory(data_);
    fs::remove(restoring_path(data_));
    sync_directory(data_);
  }

 private:
  // A hub may have begun in the directory since it was found empty.
  void remove_what_was_left() const {
    std::vector<fs::path> left;
    for (const fs::directory_entry& entry : fs::directory_iterator(data_)) {
      if (entry.path() != restoring_path(data_) && entry.path() != data_ / "lock")
        left.push_back(entry.path());
    }
    if (!is_another_try_ && !left.empty()) not_empty(data_, what_is_restored);
    for (const fs::path& path : left) fs::remove_all(path);
  }

  const fs::path data_;
  const bool is_another_try_;
  File file_;
  std::optional<DataLock> lock_;  // no hub, and nobody who reads its log
};

}  // namespace

bool is_checkpoint(const std::string& name) { return name.starts_with(checkpoint_prefix); }
std::string checkpoint_name() { return std::string(checkpoint_prefix) + random_uuid(); }

void remove_checkpoints(const fs::path& data) {
  std::vector<fs::path> left;
  for (const fs::directory_entry& entry : fs::directory_iterator(data)) {
    if (is_checkpoint(entry.path().filename().string())) left.push_back(entry.path());
  }
  for (const fs::path& path : left) fs::remove_all(path);
}

Manifest back_up(const fs::path& data, const fs::path& checkpoint, const fs::path& to) {
  check_empty(to, a_backup);
  make_private(to);
  copy_all(checkpoint, to / "store");
  for (const char* name : kept) {
    const fs::path path = data / name;
    if (fs::is_directory(path))
      copy_all(path, to / name);
    else if (fs::exists(path))
      copy_durably(path, to / name);
  }
  Manifest manifest;
  manifest.created = to_rfc3339(net::wall_now());
  manifest.release = OCF_CLOUD_VERSION;
  const auto sid = pki::load(to / "sid");
  if (!sid) cannot((to / "sid").string() + " cannot be read", sid.error());
  manifest.sid = sid->substr(0, sid->find('\n'));
  manifest.schema = store_rocksdb::schema_version;
  manifest.fold =
      fold_of(to / "store");  // it opens the copy, as a start would: its files are final after that
  std::set<std::string> paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(to)) {
    if (!entry.is_regular_file()) continue;
    fs::permissions(entry.path(), fs::perms::owner_read | fs::perms::owner_write);
    paths.insert(entry.path().lexically_relative(to).string());
  }
  for (const std::string& path : paths) manifest.files.push_back(described(to, path));
  const auto saved = pki::save(manifest_path(to), text_of(manifest));
  if (!saved) cannot(manifest_path(to).string() + " cannot be written", saved.error());
  return manifest;
}

Manifest restore(const fs::path& from, const fs::path& data) {
  Manifest manifest = manifest_in(from);
  if (manifest.schema > store_rocksdb::schema_version)
    throw std::runtime_error(
        fmt::format("the backup in {} has schema {}, this release knows schemas up to {}; restore it with "
                    "the release that made it",
                    from.string(), manifest.schema, store_rocksdb::schema_version));
  if (!fs::exists(restoring_path(data))) check_empty(data, what_is_restored);
  verify(from, manifest);
  make_private(data);
  Restoring restoring(data);
  for (const Manifest::File& file : manifest.files) {
    const fs::path target = data / file.path;
    for (fs::path parent = data; const fs::path& part : fs::path(file.path).parent_path())
      make_private(parent /= part);
    copy_durably(from / file.path, target);
  }
  if (fold_of(data / "store") != manifest.fold)
    throw std::runtime_error(fmt::format(
        "the backup is damaged: the events in {} do not fold to what {} says; no hub will start in {}",
        (data / "store").string(), manifest_path(from).string(), data.string()));
  restoring.finish();
  return manifest;
}

}  // namespace ocf::server
