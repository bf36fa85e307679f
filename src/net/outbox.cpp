#include "net/outbox.hpp"

#include "net/error.hpp"

#include <deque>

namespace ocf::net {

// Shared with the coroutine that waits for room, which may wake after the outbox has gone.
struct Outbox::Backlog {
  Outbox* outbox;
  std::deque<Bytes> messages;
  std::size_t bytes = 0;          // of all messages and their costs, without what is written of the first
  std::size_t first_written = 0;  // bytes of the first message
};

namespace {

// How far a message got: `error` is would_block when the socket is full.
struct Progress {
  std::size_t written = 0;
  Error error;
};

Progress write(Stream& stream, ByteView message) {
  Progress progress;
  while (progress.written < message.size()) {
    const auto count = stream.try_write(message.subspan(progress.written));
    if (!count) {
      progress.error = count.error();
      break;
    }
    progress.written += *count;
  }
  return progress;
}

}  // namespace

Outbox::Outbox(Shard& shard, Stream& stream, std::size_t bytes_max)
    : shard_(shard), stream_(stream), bytes_max_(bytes_max) {}

Outbox::~Outbox() {
  if (backlog_) backlog_->outbox = nullptr;
}

Result<void> Outbox::send(Bytes message) {
  if (finished_) return NetError::closed;
  std::size_t written = 0;
  if (!backlog_) {
    const Progress progress = write(stream_, message);
    if (!progress.error) return {};
    if (progress.error != NetError::would_block) return progress.error;
    written = progress.written;
  }
  const std::size_t left = message.size() - written;
  if (bytes_kept() + left + kept_cost > bytes_max_) return NetError::write_queue_full;
  if (!backlog_) {
    backlog_ = std::make_shared<Backlog>();
    backlog_->outbox = this;
    backlog_->first_written = written;
    shard_.spawn(flush(backlog_));
  }
  backlog_->bytes += left + kept_cost;
  backlog_->messages.push_back(std::move(message));
  return {};
}

void Outbox::finish() {
  finished_ = true;
  if (!backlog_) stream_.shutdown();
}

std::size_t Outbox::bytes_kept() const { return backlog_ ? backlog_->bytes : 0; }

awaitable<void> Outbox::flush(std::shared_ptr<Backlog> backlog) {
  while (backlog->outbox) {
    const auto ready = co_await backlog->outbox->stream_.wait_writable();
    if (!backlog->outbox) co_return;
    Outbox& outbox = *backlog->outbox;
    const Error error = ready ? outbox.write_kept() : ready.error();
    if (error == NetError::would_block) continue;
    backlog->outbox = nullptr;
    outbox.backlog_.reset();
    if (error) {
      outbox.finished_ = true;
      outbox.stream_.close();
    } else if (outbox.finished_) {
      outbox.stream_.shutdown();
    }
  }
}

Error Outbox::write_kept() {
  Backlog& backlog = *backlog_;
  while (!backlog.messages.empty()) {
    const Progress progress =
        write(stream_, ByteView(backlog.messages.front()).subspan(backlog.first_written));
    backlog.first_written += progress.written;
    backlog.bytes -= progress.written;
    if (progress.error) return progress.error;
    backlog.messages.pop_front();
    backlog.bytes -= kept_cost;
    backlog.first_written = 0;
  }
  return {};
}

}  // namespace ocf::net
