// Outbox: the messages on their way to one peer.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/shard.hpp"
#include "net/stream.hpp"

#include <cstddef>
#include <memory>

namespace ocf::net {

// Writes each message by itself, in order: one message is one write, over TLS one record. It writes at once;
// only when the socket is full are messages kept and a coroutine waits for room, so an idle outbox is three
// words. When a kept message cannot be written the stream is closed, which wakes its reader. Lives on the
// stream's shard; both outlive it.
class Outbox {
 public:
  // `bytes_max` bounds what is kept, without what the kernel has taken. Keeping a message costs kept_cost
  // bytes besides its own: many small ones are not for free.
  static constexpr std::size_t kept_cost = 64;
  Outbox(Shard& shard, Stream& stream, std::size_t bytes_max);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Errors: write_queue_full (the message is not sent; the connection is to be closed), and those of
  // Stream::try_write.
  Result<void> send(Bytes message);

  // Shuts the stream down once everything is written; at once if nothing is kept. Later messages are refused
  // (`closed`).
  void finish();

  std::size_t bytes_kept() const;  // with their costs

 private:
  struct Backlog;
  static awaitable<void> flush(std::shared_ptr<Backlog> backlog);
  Error write_kept();

  Shard& shard_;
  Stream& stream_;
  const std::size_t bytes_max_;
  bool finished_ = false;
  std::shared_ptr<Backlog> backlog_;  // null while nothing is kept
};

}  // namespace ocf::net
