// Read model: the commands that wait for their devices, so that a device that comes online is offered them
// and the system ends those whose time ran out.
#pragma once

#include "base/time.hpp"
#include "device/device.hpp"
#include "es/event.hpp"
#include "ocf/link.hpp"
#include "resource/resource.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace ocf::pending {

struct PendingCommand {
  device::DeviceKey device;
  account::Owner owner;  // of the device when the command was accepted
  Href href;
  es::CorrelationId correlation;
  resource::Operation operation = resource::Operation::retrieve;
  std::string query;
  resource::Content content;
  Time requested{};
  Time valid_until{};
  device::Epoch dispatched_to = 0;  // 0: not yet
};

// A fold over all resource streams. One per process or shard; lives on its shard. Answers are copies, for
// callers that suspend.
class PendingCommands {
 public:
  // The events of a resource must come in their order. A command stays until an event answers or ends it, or
  // a baseline stands for that event, also beyond the registration of its device.
  void apply(const es::RecordedEvent& recorded);

  std::vector<PendingCommand> of(
      const device::DeviceKey& key) const;  // in the order in which they were accepted
  // nullptr: it is not pending. Valid until the next apply().
  const PendingCommand* find(const device::DeviceKey& key, const es::CorrelationId& correlation) const;
  std::size_t count(const device::DeviceKey& key) const;
  std::size_t size() const { return deadlines_.size(); }  // on all devices
  std::vector<PendingCommand> expired(Time now) const;    // valid until now or earlier; the oldest first
  // Those for which `predicate` holds. Visits all, copies only those.
  std::vector<PendingCommand> which(const std::function<bool(const PendingCommand&)>& predicate) const;
  // Everything, by device, each in the order in which they were accepted.
  const std::map<device::DeviceKey, std::vector<PendingCommand>>& all() const { return devices_; }

 private:
  using Deadline = std::tuple<Time, device::DeviceKey, es::CorrelationId>;

  void add(PendingCommand command);
  void dispatch(const device::DeviceKey& key, const resource::CommandDispatched& event);
  void remove(const device::DeviceKey& key, const es::CorrelationId& correlation);
  void remove_all(const device::DeviceKey& key, const Href& href);

  std::map<device::DeviceKey, std::vector<PendingCommand>> devices_;
  std::set<Deadline> deadlines_;
};

}  // namespace ocf::pending
