// ConnectionLimit: how many connections may be open at once, over all listeners.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace ocf::net {

// Thread-safe; outlives its slots.
class ConnectionLimit {
 public:
  // One open connection; given back when destroyed. Keep it with the stream.
  class Slot {
   public:
    Slot(Slot&& other) noexcept : limit_(std::exchange(other.limit_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept;
    ~Slot();

   private:
    friend class ConnectionLimit;
    explicit Slot(ConnectionLimit& limit) : limit_(&limit) {}

    ConnectionLimit* limit_;
  };

  explicit ConnectionLimit(std::size_t max) : max_(max) {}

  // Nothing when the limit is reached; that is counted.
  std::optional<Slot> take();

  std::size_t open() const { return open_.load(std::memory_order_relaxed); }
  std::size_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::size_t max_;
  std::atomic<std::size_t> open_{0};
  std::atomic<std::size_t> refused_{0};
};

}  // namespace ocf::net
