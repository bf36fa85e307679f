#include "pki/key_file.hpp"

#include "base/bytes.hpp"
#include "base/random.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ocf::pki {
namespace {

constexpr std::size_t file_bytes_max = 1024 * 1024;

Error last_error() { return {errno, boost::system::system_category()}; }

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool open() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  const int number_;
};

Result<void> write_all(const Descriptor& file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_error();
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> write_new_file(const std::string& path, std::string_view content) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.open()) return last_error();
  const auto written = write_all(file, content);
  if (!written) return written.error();
  if (::fsync(file.number()) != 0) return last_error();
  return {};
}

// Whether something stands behind the last line break.
bool has_a_cut_line(const Descriptor& file) {
  const off_t size = ::lseek(file.number(), 0, SEEK_END);
  char last = '\n';
  return size > 0 && ::pread(file.number(), &last, 1, size - 1) == 1 && last != '\n';
}

// Makes the rename itself durable.
Result<void> sync_directory(const std::filesystem::path& directory) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.open() || ::fsync(opened.number()) != 0) return last_error();
  return {};
}

}  // namespace

Result<std::string> load(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return last_error();
  std::string content;
  char piece[4096];
  for (;;) {
    const ssize_t got = ::read(file.number(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error();
    if (got == 0) return content;
    content.append(piece, static_cast<std::size_t>(got));
    if (content.size() > file_bytes_max) return make_error_code(boost::system::errc::file_too_large);
  }
}

Result<void> save(const std::filesystem::path& path, std::string_view content) {
  const std::string temporary = path.string() + "." + to_hex(random_bytes(8)) + ".new";
  auto saved = write_new_file(temporary, content);
  if (saved && std::rename(temporary.c_str(), path.c_str()) != 0) saved = last_error();
  if (!saved) {
    ::unlink(temporary.c_str());
    return saved;
  }
  return sync_directory(path.has_parent_path() ? path.parent_path() : ".");
}

Result<void> append_line(const std::filesystem::path& path, std::string_view line) {
  const bool is_new = !std::filesystem::exists(path);
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.open()) return last_error();
  const auto written = write_all(file, (has_a_cut_line(file) ? "\n" : "") + std::string(line) + "\n");
  if (!written) return written.error();
  if (::fsync(file.number()) != 0) return last_error();
  if (!is_new) return {};
  return sync_directory(path.has_parent_path() ? path.parent_path() : ".");
}

}  // namespace ocf::pki
