// The event bus of a single process.
#pragma once

#include "es/event_bus.hpp"

#include <deque>
#include <memory>
#include <vector>

namespace ocf::bus_local {

// Lives on one shard, the only one that a process has today. publish() calls the consumers itself, in the
// order in which they subscribed. A consumer may end any subscription, its own included (an ended one is
// called no more), subscribe (for the next batch on) and publish (every consumer gets that batch after the
// current one, and publish() returns before). Consumers do not throw. Subscriptions may outlive the bus.
class LocalEventBus final : public es::EventBus {
 public:
  void publish(const es::EventBatch& batch) override;
  [[nodiscard]] Subscription subscribe(Consumer consumer) override;

 private:
  void deliver(const es::EventBatch& batch);

  std::vector<std::weak_ptr<Consumer>> consumers_;
  std::deque<es::EventBatch> published_;  // not empty while a batch is delivered: that one is at the front
};

}  // namespace ocf::bus_local
