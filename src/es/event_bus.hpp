// The seam that wakes consumers when events were stored. The log is the truth: a consumer that missed a
// batch, or gets one twice, sees it by the offsets and reads the store. Plug: bus_local/.
#pragma once

#include "es/event.hpp"

#include <functional>
#include <memory>

namespace ocf::es {

class EventBus {
 public:
  using Consumer = std::function<void(const EventBatch&)>;

  virtual ~EventBus() = default;

  // Tells every consumer of a stored batch: events of one partition, without holes. Never blocks, never
  // fails.
  virtual void publish(const EventBatch& batch) = 0;

  // The consumer is called on its own shard, in order of publication, until the subscription is destroyed.
  using Subscription = std::shared_ptr<void>;
  [[nodiscard]] virtual Subscription subscribe(Consumer consumer) = 0;
};

}  // namespace ocf::es
