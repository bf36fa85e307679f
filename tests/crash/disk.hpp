// The disk under a store of the crash tests: it writes down what is done to its files, fails when told so,
// and tells what would be on it if the power had gone at any moment.
#pragma once

#include <rocksdb/file_system.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace ocf::crash {

// What changes a disk. `acknowledge` is a mark of the test's own: at this moment a client was told so much.
enum class Act { create, append, truncate, sync, rename, remove, sync_directory, acknowledge };

struct Operation {
  Act act = Act::create;
  std::string path = {};   // of a rename: the old one
  std::string other = {};  // of a rename: the new one; of an append: the bytes
  std::uint64_t size = 0;  // of a truncation; of an acknowledgement: its number
};

// What becomes of the bytes that no sync has made durable.
enum class PowerCut {
  kept,     // the process was killed, the kernel writes them
  dropped,  // with them go names that no sync of their directory has made durable
  torn,     // some of them, from the front
  holes,    // as many, but sectors of 512 bytes among them are zeros
};

// no_space fails whatever writes, from the call on until the disk is mended; the others fail one call.
enum class Fault { none, io_error, no_space, failed_sync };

// Thread-safe, for the store's threads use it.
class Disk {
 public:
  void acknowledge(std::uint64_t number) { done({Act::acknowledge, {}, {}, number}); }
  // The call with this number, counted among those that the fault can hit, is the first to fail.
  void break_at(Fault fault, std::uint64_t call);
  void mend() { break_at(Fault::none, 0); }
  // Syncs succeed and do nothing: the negative control.
  void lie_about_syncs() { lies_ = true; }

  std::uint64_t calls(Fault fault) const;
  bool has_failed() const;
  std::vector<Operation> operations() const;

  // For the file system: whether this call may go on, and what it did.
  enum class Call { reads, writes, syncs };
  rocksdb::IOStatus call(Call kind);
  void done(Operation operation);

 private:
  mutable std::mutex mutex_;
  std::vector<Operation> operations_;
  Fault fault_ = Fault::none;
  std::uint64_t fails_at_ = 0;
  std::uint64_t calls_ = 0, writes_ = 0, syncs_ = 0;
  bool failed_ = false;
  bool lies_ = false;
};

// The file system of a store whose files are on this disk, really below a directory of the machine. The disk
// outlives it.
std::shared_ptr<rocksdb::FileSystem> files_on(Disk& disk);

// Writes into `target` what would be found below `source` if the power had gone before the operation with
// this number.
void write_image(const std::vector<Operation>& operations, std::size_t before, PowerCut cut,
                 std::mt19937_64& chance, const std::filesystem::path& source,
                 const std::filesystem::path& target);

}  // namespace ocf::crash
