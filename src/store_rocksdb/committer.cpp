#include "store_rocksdb/committer.hpp"

#include <stdexcept>
#include <utility>

namespace ocf::store_rocksdb {
namespace {

constexpr std::size_t heads_max = 128 * 1024;  // streams whose version is in memory, some 200 bytes each
constexpr std::size_t epochs_max = 64 * 1024;  // fences in memory
constexpr std::size_t trims_queued_max = 64;

// What an append weighs in the queue: its data and about what surrounds an event.
std::size_t weight_of(const es::Append& append) {
  std::size_t weight = 0;
  for (const auto& event : append.events) weight += event.data.size() + 512;
  return weight;
}

}  // namespace

Committer::Committer(Database& database, const Options& options, Metrics& metrics,
                     std::function<void(std::size_t)> trimmed)
    : database_(database),
      queued_bytes_max_(options.queued_bytes_max),
      recovery_interval_(options.recovery_interval),
      metrics_(metrics),
      trimmed_(std::move(trimmed)) {
  if (!options.read_only && !load_tails())
    throw std::runtime_error("cannot read the ends of the event store's log: " + database_.damage());
  thread_ = std::thread([this] { run(); });
}

void Committer::submit(es::Append append, Waiter<Stored> waiter) {
  const std::size_t weight = weight_of(append);
  es::StoreError refused = es::StoreError::closed;
  {
    const std::lock_guard lock(mutex_);
    if (!closing_ && queued_bytes_ + weight <= queued_bytes_max_) {
      queued_bytes_ += weight;
      metrics_.queued_bytes.set(static_cast<std::int64_t>(queued_bytes_));
      queue_.push_back({std::move(append), std::move(waiter), std::chrono::steady_clock::now()});
      queued_or_closing_.notify_one();
      return;
    }
    if (!closing_) refused = es::StoreError::unavailable;
    metrics_.refused.add();
  }
  waiter.complete(refused);
}

void Committer::submit(es::Trim trim, Waiter<Result<void>> waiter) {
  es::StoreError refused = es::StoreError::closed;
  {
    const std::lock_guard lock(mutex_);
    if (!closing_ && trims_.size() < trims_queued_max) {
      trims_.push_back({std::move(trim), std::move(waiter)});
      queued_or_closing_.notify_one();
      return;
    }
    if (!closing_) refused = es::StoreError::unavailable;
  }
  waiter.complete(refused);
}

void Committer::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    queued_or_closing_.notify_one();
  }
  const std::lock_guard lock(joining_);
  if (thread_.joinable()) thread_.join();
}

void Committer::run() {
  for (;;) {
    std::vector<Queued> queue;
    std::vector<QueuedTrim> trims;
    {
      std::unique_lock lock(mutex_);
      queued_or_closing_.wait(lock, [this] { return closing_ || !queue_.empty() || !trims_.empty(); });
      if (queue_.empty() && trims_.empty()) return;
      queue.swap(queue_);
      trims.swap(trims_);
      queued_bytes_ = 0;
      metrics_.queued_bytes.set(0);
    }
    if (!queue.empty()) commit(std::move(queue));
    trim(std::move(trims));
    heads_.trim(heads_max);
    epochs_.trim(epochs_max);
  }
}

void Committer::commit(std::vector<Queued> queue) {
  std::vector<Stored> answers;
  if (writable_ || recover()) {
    Commit commit;
    answers = judge(queue, commit);
    if (!commit.batches.empty()) make_durable(commit, answers);
    forget_staged();
  } else {
    answers.assign(queue.size(), es::StoreError::unavailable);
  }
  metrics_.writable.set(writable_ ? 1 : 0);
  for (std::size_t index = 0; index < queue.size(); ++index) {
    count(answers[index], queue[index].since);
    queue[index].waiter.complete(std::move(answers[index]));
  }
}

// Versions and tails are what they were: nothing that is in memory changes.
void Committer::trim(std::vector<QueuedTrim> trims) {
  for (QueuedTrim& queued : trims) {
    Result<std::size_t> removed = es::StoreError::unavailable;
    if (writable_ || recover()) removed = database_.trim(queued.trim);
    if (!removed && removed.error() == es::StoreError::outcome_unknown) writable_ = false;
    metrics_.writable.set(writable_ ? 1 : 0);
    if (removed && *removed > 0) trimmed_(*removed);
    queued.waiter.complete(removed ? Result<void>() : Result<void>(removed.error()));
  }
}

void Committer::count(const Stored& answer, std::chrono::steady_clock::time_point since) {
  metrics_.append_seconds.observe(std::chrono::steady_clock::now() - since);
  if (answer) return metrics_.stored.add();
  const bool is_conflict = answer.error() == es::StoreError::version_conflict;
  const bool is_fenced = answer.error() == es::StoreError::fenced;
  (is_conflict ? metrics_.conflicts : is_fenced ? metrics_.fenced : metrics_.failed).add();
}

void Committer::tell_tails() {
  es::Offset sum = 0;
  for (const es::Offset tail : tails_) sum += tail;
  metrics_.last_offsets.set(static_cast<std::int64_t>(sum));
}

// What is in memory may be what a failed write would have made true: it is read again.
bool Committer::recover() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_recovery_) return false;
  next_recovery_ = now + recovery_interval_;
  const bool recovered = database_.recover() && load_tails();
  metrics_.broken.set(database_.is_broken() ? 1 : 0);
  if (!recovered) return false;
  heads_.clear();
  epochs_.clear();
  writable_ = true;
  return true;
}

bool Committer::load_tails() {
  std::vector<es::Offset> tails;
  for (es::Partition partition = 0; partition < database_.partitions(); ++partition) {
    const auto tail = database_.tail_of(partition);
    if (!tail) return false;
    tails.push_back(*tail);
  }
  tails_ = std::move(tails);
  tell_tails();
  return true;
}

std::vector<Committer::Stored> Committer::judge(const std::vector<Queued>& queue, Commit& commit) {
  std::vector<Stored> answers;
  answers.reserve(queue.size());
  for (const Queued& queued : queue) answers.push_back(judge(queued.append, commit));
  return answers;
}

// If the write fails, nobody is told what depended on it: neither the stored nor those who lost against them.
void Committer::make_durable(const Commit& commit, std::vector<Stored>& answers) {
  const auto begun = std::chrono::steady_clock::now();
  const auto is_stored = database_.store(commit);
  metrics_.sync_seconds.observe(std::chrono::steady_clock::now() - begun);
  if (!is_stored) {
    writable_ = false;
    for (Stored& answer : answers)
      answer = answer ? es::StoreError::outcome_unknown : es::StoreError::unavailable;
    return;
  }
  std::size_t events = 0;
  for (const es::EventBatch& batch : commit.batches) events += batch->size();
  metrics_.appended.add(events);
  metrics_.batch_events.observe(static_cast<double>(events));
  tell_tails();
  if (!database_.index(commit)) writable_ = false;
}

void Committer::forget_staged() {
  for (Head* head : touched_) head->staged.clear();
  touched_.clear();
}

Committer::Stored Committer::judge(const es::Append& append, Commit& commit) {
  const auto head = head_of(append.stream);
  if (!head) return head.error();
  auto stored = already_stored(append, **head);
  if (!stored || *stored) return stored;
  if (append.fence) {
    const auto epoch = epoch_of(append.fence->key);
    if (!epoch) return epoch.error();
    if (append.fence->epoch < **epoch) return es::StoreError::fenced;
  }
  if (append.expected != (*head)->version) return es::StoreError::version_conflict;
  return stage(append, **head, commit);
}

Committer::Stored Committer::stage(const es::Append& append, Head& head, Commit& commit) {
  if (append.fence) {
    std::uint64_t& epoch = **epoch_of(append.fence->key);
    if (epoch < append.fence->epoch) commit.raised.push_back(*append.fence);
    epoch = append.fence->epoch;
  }
  const auto partition = es::partition_of(append.stream, database_.partitions());
  es::Offset& tail = tails_[partition];
  std::vector<es::RecordedEvent> recorded;
  recorded.reserve(append.events.size());
  for (const auto& event : append.events)
    recorded.push_back({{partition, ++tail}, append.stream, ++head.version, event});
  const auto batch = std::make_shared<const std::vector<es::RecordedEvent>>(std::move(recorded));
  commit.batches.push_back(batch);
  if (head.staged.empty()) touched_.push_back(&head);
  head.staged.push_back(batch);
  return es::EventBatch(batch);
}

Result<Committer::Head*> Committer::head_of(const es::StreamId& stream) {
  if (Head* known = heads_.find(stream.text())) return known;
  const auto version = database_.head_of(stream);
  if (!version) return version.error();
  return &heads_.insert(stream.text(), Head{*version, {}});
}

Result<std::uint64_t*> Committer::epoch_of(const std::string& key) {
  if (std::uint64_t* known = epochs_.find(key)) return known;
  const auto epoch = database_.epoch_of(key);
  if (!epoch) return epoch.error();
  return &epochs_.insert(key, *epoch);
}

// What an earlier attempt stored, or staged in this batch, with the same ids at the same versions; null if
// there is none.
Result<es::EventBatch> Committer::already_stored(const es::Append& append, const Head& head) {
  if (append.expected >= head.version || append.events.size() > head.version - append.expected)
    return es::EventBatch();
  std::vector<es::RecordedEvent> events;
  for (const auto& wanted : append.events) {
    auto found = event_at(append.stream, head, append.expected + events.size() + 1);
    if (!found) return found.error();
    if (!*found || (*found)->event.id != wanted.id) return es::EventBatch();  // trimmed, or another's
    events.push_back(std::move(**found));
  }
  return es::EventBatch(std::make_shared<const std::vector<es::RecordedEvent>>(std::move(events)));
}

Result<std::optional<es::RecordedEvent>> Committer::event_at(const es::StreamId& stream, const Head& head,
                                                             es::Version version) {
  for (const auto& staged : head.staged) {
    const es::Version first = staged->front().version;
    if (version >= first && version - first < staged->size())
      return std::optional((*staged)[version - first]);
  }
  return database_.event_at(stream, version);
}

}  // namespace ocf::store_rocksdb
