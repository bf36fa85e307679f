#include "tests/crash/disk.hpp"

#include <fstream>
#include <map>

namespace ocf::crash {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class File final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path, Disk& disk)
      : FSWritableFileOwnerWrapper(std::move(file)), path_(std::move(path)), disk_(disk) {}

  // A write that fails may have written a part.
  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const auto allowed = disk_.call(Disk::Call::writes);
    const Slice part(data.data(), allowed.ok() ? data.size() : data.size() / 2);
    const auto status = FSWritableFileOwnerWrapper::Append(part, options, debug);
    if (status.ok()) disk_.done({Act::append, path_, part.ToString()});
    return allowed.ok() ? status : allowed;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    auto status = disk_.call(Disk::Call::writes);
    if (status.ok()) status = FSWritableFileOwnerWrapper::Truncate(size, options, debug);
    if (status.ok()) disk_.done({Act::truncate, path_, {}, size});
    return status;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    auto status = disk_.call(Disk::Call::syncs);
    if (status.ok()) status = FSWritableFileOwnerWrapper::Sync(options, debug);
    if (status.ok()) disk_.done({Act::sync, path_});
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }
  // In memory that would be 70 MiB of zeros for each log.
  IOStatus Allocate(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    const auto allowed = disk_.call(Disk::Call::writes);
    const auto status = FSWritableFileOwnerWrapper::Close(options, debug);
    return allowed.ok() ? status : allowed;
  }

 private:
  const std::string path_;
  Disk& disk_;
};

class RandomFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  RandomFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, Disk& disk)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), disk_(disk) {}
  IOStatus Read(std::uint64_t offset, std::size_t size, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) const override {
    const auto allowed = disk_.call(Disk::Call::reads);
    return allowed.ok() ? FSRandomAccessFileOwnerWrapper::Read(offset, size, options, result, scratch, debug)
                        : allowed;
  }

 private:
  Disk& disk_;
};

class SequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  SequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> file, Disk& disk)
      : FSSequentialFileOwnerWrapper(std::move(file)), disk_(disk) {}
  IOStatus Read(std::size_t size, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) override {
    const auto allowed = disk_.call(Disk::Call::reads);
    return allowed.ok() ? FSSequentialFileOwnerWrapper::Read(size, options, result, scratch, debug) : allowed;
  }

 private:
  Disk& disk_;
};

class Directory final : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(std::unique_ptr<rocksdb::FSDirectory> directory, std::string path, Disk& disk)
      : FSDirectoryWrapper(std::move(directory)), path_(std::move(path)), disk_(disk) {}
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    auto status = disk_.call(Disk::Call::syncs);
    if (status.ok()) status = FSDirectoryWrapper::Fsync(options, debug);
    if (status.ok()) disk_.done({Act::sync_directory, path_});
    return status;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  const std::string path_;
  Disk& disk_;
};

class Files final : public rocksdb::FileSystemWrapper {
 public:
  explicit Files(Disk& disk) : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
  const char* Name() const override { return "CrashTestFiles"; }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSWritableFile> real;
    auto status = disk_.call(Disk::Call::writes);
    if (status.ok()) status = FileSystemWrapper::NewWritableFile(path, options, &real, debug);
    if (!status.ok()) return status;
    disk_.done({Act::create, path});
    *file = std::make_unique<File>(std::move(real), path, disk_);
    return status;
  }
  IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                               IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSRandomAccessFile> real;
    auto status = disk_.call(Disk::Call::reads);
    if (status.ok()) status = FileSystemWrapper::NewRandomAccessFile(path, options, &real, debug);
    if (status.ok()) *file = std::make_unique<RandomFile>(std::move(real), disk_);
    return status;
  }
  IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file,
                             IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSSequentialFile> real;
    auto status = disk_.call(Disk::Call::reads);
    if (status.ok()) status = FileSystemWrapper::NewSequentialFile(path, options, &real, debug);
    if (status.ok()) *file = std::make_unique<SequentialFile>(std::move(real), disk_);
    return status;
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* directory, IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSDirectory> real;
    auto status = disk_.call(Disk::Call::reads);
    if (status.ok()) status = FileSystemWrapper::NewDirectory(path, options, &real, debug);
    if (status.ok()) *directory = std::make_unique<Directory>(std::move(real), path, disk_);
    return status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    auto status = disk_.call(Disk::Call::writes);
    if (status.ok()) status = FileSystemWrapper::RenameFile(from, to, options, debug);
    if (status.ok()) disk_.done({Act::rename, from, to});
    return status;
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    auto status = disk_.call(Disk::Call::writes);
    if (status.ok()) status = FileSystemWrapper::DeleteFile(path, options, debug);
    if (status.ok()) disk_.done({Act::remove, path});
    return status;
  }
  IOStatus GetChildren(const std::string& path, const IOOptions& options, std::vector<std::string>* names,
                       IODebugContext* debug) override {
    const auto allowed = disk_.call(Disk::Call::reads);
    return allowed.ok() ? FileSystemWrapper::GetChildren(path, options, names, debug) : allowed;
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions& options, std::uint64_t* size,
                       IODebugContext* debug) override {
    const auto allowed = disk_.call(Disk::Call::reads);
    return allowed.ok() ? FileSystemWrapper::GetFileSize(path, options, size, debug) : allowed;
  }

 private:
  Disk& disk_;
};

struct Inode {
  std::string bytes;
  std::size_t durable = 0;
};
using Names = std::map<std::string, std::shared_ptr<Inode>>;

// What a run of operations leaves: names and bytes as a reader sees them, and the names that would outlive a
// power cut.
struct State {
  Names seen, durable;

  void apply(const Operation& operation) {
    switch (operation.act) {
      case Act::create: seen[operation.path] = std::make_shared<Inode>(); break;
      case Act::append: seen.at(operation.path)->bytes += operation.other; break;
      case Act::truncate: seen.at(operation.path)->bytes.resize(operation.size); break;
      case Act::sync: seen.at(operation.path)->durable = seen.at(operation.path)->bytes.size(); break;
      case Act::rename:
        seen[operation.other] = seen.at(operation.path);
        seen.erase(operation.path);
        break;
      case Act::remove: seen.erase(operation.path); break;
      case Act::sync_directory: durable = seen; break;  // a store is one directory
      case Act::acknowledge: break;
    }
  }
};

std::string bytes_after(const Inode& inode, PowerCut cut, std::mt19937_64& chance) {
  constexpr std::size_t sector = 512;
  std::string bytes = inode.bytes;
  const std::size_t durable = std::min(inode.durable, bytes.size());
  if (cut == PowerCut::dropped) bytes.resize(durable);
  if (cut == PowerCut::torn) bytes.resize(durable + chance() % (bytes.size() - durable + 1));
  if (cut == PowerCut::holes) {
    for (std::size_t at = durable; at < bytes.size(); at = (at / sector + 1) * sector) {
      const std::size_t size = std::min((at / sector + 1) * sector, bytes.size()) - at;
      if (chance() % 2 == 0) bytes.replace(at, size, size, '\0');
    }
  }
  return bytes;
}

}  // namespace

void Disk::break_at(Fault fault, std::uint64_t call) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
  fails_at_ = call;
}

std::uint64_t Disk::calls(Fault fault) const {
  const std::lock_guard lock(mutex_);
  switch (fault) {
    case Fault::no_space: return writes_;
    case Fault::failed_sync: return syncs_;
    default: return calls_;
  }
}

bool Disk::has_failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

std::vector<Operation> Disk::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

IOStatus Disk::call(Call kind) {
  const std::lock_guard lock(mutex_);
  ++calls_;
  if (kind != Call::reads) ++writes_;
  if (kind == Call::syncs) ++syncs_;
  const bool fails = (fault_ == Fault::io_error && calls_ == fails_at_) ||
                     (fault_ == Fault::no_space && kind != Call::reads && writes_ >= fails_at_) ||
                     (fault_ == Fault::failed_sync && kind == Call::syncs && syncs_ == fails_at_);
  if (!fails) return IOStatus::OK();
  failed_ = true;
  return fault_ == Fault::no_space ? IOStatus::NoSpace("told so") : IOStatus::IOError("told so");
}

void Disk::done(Operation operation) {
  const std::lock_guard lock(mutex_);
  if (lies_ && (operation.act == Act::sync || operation.act == Act::sync_directory)) return;
  operations_.push_back(std::move(operation));
}

std::shared_ptr<rocksdb::FileSystem> files_on(Disk& disk) { return std::make_shared<Files>(disk); }

void write_image(const std::vector<Operation>& operations, std::size_t before, PowerCut cut,
                 std::mt19937_64& chance, const std::filesystem::path& source,
                 const std::filesystem::path& target) {
  State state;
  for (std::size_t at = 0; at < before; ++at) state.apply(operations[at]);
  std::filesystem::create_directories(target);
  for (const auto& [path, inode] : cut == PowerCut::dropped ? state.durable : state.seen) {
    std::ofstream file(target / std::filesystem::relative(path, source), std::ios::binary);
    file << bytes_after(*inode, cut, chance);
    if (!file) throw std::runtime_error("cannot write an image below " + target.string());
  }
}

}  // namespace ocf::crash
