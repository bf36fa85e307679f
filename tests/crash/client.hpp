// A client of an event store that appends by a script, remembers what it was told, and holds a store that was
// opened again against it.
#pragma once

#include "es/event_store.hpp"
#include "store_rocksdb/rocks_event_store.hpp"
#include "tests/crash/disk.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace ocf::crash {

// What is left out on purpose, so that a judge is seen to fail.
enum class Defect { none, sync_off, fence_off, dedup_off };

// How a run ended.
struct Outcome {
  std::size_t acknowledged = 0;
  std::vector<std::string> wrong;  // answers without a name, or that a store may not give
  bool recovered = false;          // it stored again after the fault, without being opened again
  bool reopened = false;           // it had to be opened again
};

// One script, decided by its seed: appends of one to three events, small and of several blocks; some by a
// newer session, some by one that is outdated and has to be refused, some asked twice, as if the answer had
// been lost. The store is opened three times.
class Client {
 public:
  Client(std::uint64_t seed, int appends, Defect defect);

  // Runs the script on a store below the path, whose files are on the disk.
  Outcome run(Disk& disk, const std::filesystem::path& path);
  // What is wrong with the store below the path, of which these appends were acknowledged. Each begins with
  // its kind: `lost`, `twice`, `torn`, `hole`, `changed`, `fence` or `refused`. Opens the store, and appends
  // to it.
  std::vector<std::string> findings(const std::filesystem::path& path,
                                    const std::set<std::uint64_t>& acknowledged);
  // The acknowledgements before the operation with this number.
  static std::set<std::uint64_t> acknowledged_before(const std::vector<Operation>& operations,
                                                     std::size_t number);

 private:
  enum class Answer { stored, refused, failed };
  struct Told {
    es::Append append;
    Answer answer = Answer::failed;
    std::vector<es::RecordedEvent> events;  // as they were acknowledged
  };

  void open(Disk& disk, const std::filesystem::path& path);
  void take_step(Disk& disk);
  void append_anew(Disk& disk);
  void append_outdated();
  void append_again();
  void recover(Disk& disk, const std::filesystem::path& path);
  // Appends, once more if the outcome is unknown, and remembers the answer.
  bool tell(Disk& disk, es::Append append);
  Result<es::EventBatch> ask(es::EventStore& store, es::Append append);
  std::optional<es::Version> head_of(const es::StreamId& stream);
  es::NewEvent some_event();

  std::mt19937_64 chance_;
  const int appends_;
  const Defect defect_;
  Outcome outcome_;
  std::vector<Told> told_;
  std::map<std::string, es::Version> heads_;     // by stream, as far as known
  std::set<std::string> unsettled_;              // streams with an append of which nobody knows
  std::map<std::string, std::uint64_t> epochs_;  // by device
  std::uint64_t words_ = 0;
  boost::asio::io_context context_;  // outlives the store
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<store_rocksdb::RocksEventStore> store_;
};

}  // namespace ocf::crash
