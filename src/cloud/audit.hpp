// Who did what to which device: the log, read backwards.
#pragma once

#include "cloud/point.hpp"
#include "es/event.hpp"
#include "ocf/device_id.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ocf::cloud {

struct AuditFilter {
  std::optional<DeviceId> device;
  std::string by;    // "user:alice", "device:<di>", "system", or the owner's name alone; empty: anybody
  std::string type;  // of the event; empty: all but what devices say of their state
  std::optional<Point> since;  // what came after it
  std::optional<Point> until;  // what had come by then
  std::size_t limit = 100;
};

struct AuditPage {
  std::vector<es::RecordedEvent> events;  // newest first
  std::string more;  // a cursor: older ones may be found from there; empty: there are none
};

}  // namespace ocf::cloud
