#include "bus_local/local_event_bus.hpp"

namespace ocf::bus_local {

void LocalEventBus::publish(const es::EventBatch& batch) {
  published_.push_back(batch);
  if (published_.size() > 1) return;  // called by a consumer: the call that delivers goes on with it
  for (; !published_.empty(); published_.pop_front()) deliver(published_.front());
}

es::EventBus::Subscription LocalEventBus::subscribe(Consumer consumer) {
  auto subscription = std::make_shared<Consumer>(std::move(consumer));
  consumers_.push_back(subscription);
  return subscription;
}

void LocalEventBus::deliver(const es::EventBatch& batch) {
  // By index and up to today's end: a consumer that subscribes may move the vector.
  const std::size_t count = consumers_.size();
  for (std::size_t index = 0; index < count; ++index) {
    if (const auto consumer = consumers_[index].lock()) (*consumer)(batch);
  }
  std::erase_if(consumers_, [](const auto& consumer) { return consumer.expired(); });
}

}  // namespace ocf::bus_local
