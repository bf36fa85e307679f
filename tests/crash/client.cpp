#include "tests/crash/client.hpp"

#include "tests/contract/event_store_samples.hpp"

#include <rocksdb/env.h>

#include <algorithm>

namespace ocf::crash {
namespace {

using es::contract::stream_of;

constexpr int devices = 6;
constexpr int steps_before_mending = 5;
constexpr int recoveries_max = 50;

store_rocksdb::Options options_of(const std::filesystem::path& path, rocksdb::Env* env) {
  store_rocksdb::Options options;
  options.path = path;
  options.partitions = 4;
  options.env = env;
  options.recovery_interval = std::chrono::milliseconds(0);
  return options;
}

std::string named(const es::Append& append) {
  return append.stream.text() + " version " + std::to_string(append.expected + 1);
}

// What a store that was opened again holds.
struct Contents {
  std::vector<es::RecordedEvent> events;  // by partition and offset
  std::map<std::string, std::vector<const es::RecordedEvent*>> by_id;
  std::map<std::string, std::vector<const es::RecordedEvent*>> by_stream;
  std::map<Bytes, int> words;
};

}  // namespace

Client::Client(std::uint64_t seed, int appends, Defect defect)
    : chance_(seed), appends_(appends), defect_(defect) {}

Outcome Client::run(Disk& disk, const std::filesystem::path& path) {
  open(disk, path);
  int steps_left = steps_before_mending;
  for (int step = 1; step <= appends_; ++step) {
    if (step % (appends_ / 3 + 1) == 0) open(disk, path);
    take_step(disk);
    if (disk.has_failed() && steps_left > 0 && --steps_left == 0) recover(disk, path);
  }
  if (disk.has_failed() && steps_left > 0) recover(disk, path);
  store_.reset();
  return outcome_;
}

// A store that cannot be opened says so in a sentence; once more, on a mended disk, it has to open.
void Client::open(Disk& disk, const std::filesystem::path& path) {
  store_.reset();
  env_ = rocksdb::NewCompositeEnv(files_on(disk));
  try {
    store_ = std::make_unique<store_rocksdb::RocksEventStore>(options_of(path, env_.get()));
  } catch (const std::runtime_error& error) {
    if (std::string(error.what()).find(path.string()) == std::string::npos)
      outcome_.wrong.push_back(error.what());
    disk.mend();
    store_ = std::make_unique<store_rocksdb::RocksEventStore>(options_of(path, env_.get()));
  }
}

void Client::take_step(Disk& disk) {
  switch (chance_() % 10) {
    case 0: return append_outdated();
    case 1: return append_again();
    default: return append_anew(disk);
  }
}

void Client::append_anew(Disk& disk) {
  const std::string device = std::to_string(chance_() % devices);
  const es::StreamId stream = stream_of(device, chance_() % 2 == 0 ? "device" : "links");
  std::vector<es::NewEvent> events(1 + chance_() % 3);
  for (es::NewEvent& event : events) event = some_event();
  std::optional<es::Fence> fence;
  if (chance_() % 2 == 0)
    fence =
        es::Fence{"default/" + device + "/1", std::max<std::uint64_t>(epochs_[device], 1) + chance_() % 2};
  const auto head = head_of(stream);
  if (!head) return;
  if (tell(disk, es::Append(stream, *head, std::move(events), fence)) && fence)
    epochs_[device] = fence->epoch;
}

// An old session that does not know that a newer one has begun.
void Client::append_outdated() {
  const std::string device = std::to_string(chance_() % devices);
  const es::StreamId stream = stream_of(device);
  const auto head = head_of(stream);
  if (!head || epochs_[device] < 2) return;
  es::Append append(stream, *head, {some_event()},
                    es::Fence{"default/" + device + "/1", epochs_[device] - 1});
  const es::Append remembered = append;
  if (defect_ == Defect::fence_off) append.fence.reset();
  const auto answer = ask(*store_, std::move(append));
  if (!answer && answer.error() != es::StoreError::fenced) heads_.erase(stream.text());
  if (answer) heads_[stream.text()] = *head + 1;
  told_.push_back({remembered, Answer::refused, {}});
}

// The answer was lost, the append is repeated: it may not be stored twice.
void Client::append_again() {
  const auto last = std::find_if(told_.rbegin(), told_.rend(),
                                 [](const Told& told) { return told.answer == Answer::stored; });
  if (last == told_.rend()) return;
  es::Append append = last->append;
  const auto head = head_of(append.stream);
  if (!head) return;
  if (defect_ == Defect::dedup_off) {
    append.expected = *head;
    append.fence.reset();
    for (es::NewEvent& event : append.events) event.id = es::EventId(random_uuid());
  }
  const std::size_t events = append.events.size();
  const auto answer = ask(*store_, std::move(append));
  if (!answer) return void(heads_.erase(last->append.stream.text()));
  if (defect_ == Defect::dedup_off) heads_[last->append.stream.text()] = *head + events;
  if (defect_ == Defect::none && !es::contract::same(**answer, last->events))
    outcome_.wrong.push_back("a repeated append was answered otherwise: " + named(last->append));
}

void Client::recover(Disk& disk, const std::filesystem::path& path) {
  disk.mend();
  for (int attempt = 0; attempt < recoveries_max && !outcome_.recovered; ++attempt) {
    const es::StreamId stream = stream_of("recovered");
    const auto head = head_of(stream);
    outcome_.recovered = head && tell(disk, es::Append(stream, *head, {some_event()}));
  }
  if (outcome_.recovered) return;
  outcome_.reopened = true;
  open(disk, path);
}

bool Client::tell(Disk& disk, es::Append append) {
  auto answer = ask(*store_, append);
  const bool is_unknown = !answer && answer.error() == es::StoreError::outcome_unknown;
  if (is_unknown) answer = ask(*store_, append);
  const es::StreamId stream = append.stream;
  const es::Version head = append.expected + append.events.size();
  told_.push_back({std::move(append), answer ? Answer::stored : Answer::failed, {}});
  if (!answer) {
    heads_.erase(stream.text());  // it may be there
    if (is_unknown) unsettled_.insert(stream.text());
    return false;
  }
  unsettled_.erase(stream.text());
  told_.back().events = **answer;
  heads_[stream.text()] = head;
  ++outcome_.acknowledged;
  disk.acknowledge(told_.size() - 1);
  return true;
}

Result<es::EventBatch> Client::ask(es::EventStore& store, es::Append append) {
  const std::string stream(append.stream.text());
  auto answer = es::contract::run(context_, store.append(std::move(append)));
  if (answer) return answer;
  const Error& error = answer.error();
  // The append before, which nobody knew of, is stored after all: a disk that failed shows it once it is
  // opened anew.
  if (error == es::StoreError::version_conflict && unsettled_.erase(stream) > 0) return answer;
  if (error != es::StoreError::fenced && error != es::StoreError::unavailable &&
      error != es::StoreError::outcome_unknown)
    outcome_.wrong.push_back("an append was answered: " + error.message());
  return answer;
}

std::optional<es::Version> Client::head_of(const es::StreamId& stream) {
  const auto known = heads_.find(stream.text());
  if (known != heads_.end()) return known->second;
  es::Version head = 0;
  for (;;) {
    const auto page = es::contract::run(context_, store_->read(stream, head));
    if (!page) return std::nullopt;
    if (page->empty()) return heads_[stream.text()] = head;
    head = page->back().version;
  }
}

// No two have the same data. One in twenty spans blocks of the write-ahead log (32 KiB).
es::NewEvent Client::some_event() {
  const std::string word = std::to_string(++words_);
  Bytes data(word.begin(), word.end());
  data.resize(chance_() % 20 == 0 ? 40'000 : 8 + chance_() % 400, std::uint8_t{'.'});
  return es::contract::event_of("E", std::move(data));
}

std::vector<std::string> Client::findings(const std::filesystem::path& path,
                                          const std::set<std::uint64_t>& acknowledged) {
  Disk disk;
  const auto env = rocksdb::NewCompositeEnv(files_on(disk));
  std::unique_ptr<store_rocksdb::RocksEventStore> store;
  try {
    store = std::make_unique<store_rocksdb::RocksEventStore>(options_of(path, env.get()));
  } catch (const std::runtime_error& error) {
    return {std::string("refused: ") + error.what()};
  }
  std::vector<std::string> found;
  Contents contents;
  for (es::Partition partition = 0; partition < store->partitions(); ++partition) {
    es::Offset next = 1;
    for (;;) {
      const auto slice = es::contract::run(context_, store->read_partition(partition, next, 1000));
      if (!slice) return {"refused: partition " + std::to_string(partition) + ": " + slice.error().message()};
      if (slice->events->empty()) break;
      for (const es::RecordedEvent& event : *slice->events) {
        if (event.position.offset != next++)
          found.push_back("hole: before offset " + std::to_string(event.position.offset));
        contents.events.push_back(event);
      }
      next = slice->next;
    }
  }
  for (const es::RecordedEvent& event : contents.events) {
    contents.by_id[event.event.id.text()].push_back(&event);
    contents.by_stream[event.stream.text()].push_back(&event);
    if (++contents.words[event.event.data] == 2) found.push_back("twice: " + event.stream.text());
  }
  for (const auto& [text, events] : contents.by_stream) {
    std::vector<es::RecordedEvent> stream;
    for (const auto* event : events) {
      stream.push_back(*event);
      if (event->version != stream.size())
        found.push_back("hole: " + text + " version " + std::to_string(event->version));
    }
    const auto read = es::contract::run(context_, store->read(events.front()->stream, 0));
    if (!read) {
      found.push_back("refused: " + text + ": " + read.error().message());
    } else if (!es::contract::same(*read, stream)) {
      found.push_back("changed: the index of " + text);
    }
  }
  std::map<std::string, std::uint64_t> epochs;
  for (std::uint64_t number = 0; number < told_.size(); ++number) {
    const Told& told = told_[number];
    std::size_t there = 0;
    for (const es::NewEvent& event : told.append.events) there += contents.by_id.count(event.id.text());
    if (acknowledged.contains(number)) {
      if (there < told.events.size()) found.push_back("lost: " + named(told.append));
      for (const es::RecordedEvent& event : told.events) {
        const auto stored = contents.by_id.find(event.event.id.text());
        if (stored != contents.by_id.end() && !es::contract::same(*stored->second.front(), event))
          found.push_back("changed: " + named(told.append));
      }
      if (told.append.fence) epochs[told.append.fence->key] = told.append.fence->epoch;
    } else if (there != 0 && there != told.append.events.size()) {
      found.push_back("torn: " + named(told.append));
    }
    if (told.answer == Answer::refused && there != 0)
      found.push_back("fence: an outdated session wrote " + named(told.append));
  }
  for (const auto& [key, epoch] : epochs) {
    es::Append outdated(stream_of("after", "fences"), 0, {some_event()}, es::Fence{key, epoch - 1});
    const auto answer = ask(*store, std::move(outdated));
    if (answer) {
      found.push_back("fence: " + key + " is open to outdated sessions");
    } else if (answer.error() != es::StoreError::fenced) {
      found.push_back("refused: " + key + ": " + answer.error().message());
    }
  }
  es::Append new_append(stream_of("after"), 0, {some_event()});
  const auto answer = ask(*store, std::move(new_append));
  if (!answer) found.push_back("refused: an append: " + answer.error().message());
  return found;
}

std::set<std::uint64_t> Client::acknowledged_before(const std::vector<Operation>& operations,
                                                    std::size_t number) {
  std::set<std::uint64_t> found;
  for (std::size_t at = 0; at < number; ++at) {
    if (operations[at].act == Act::acknowledge) found.insert(operations[at].size);
  }
  return found;
}

}  // namespace ocf::crash
