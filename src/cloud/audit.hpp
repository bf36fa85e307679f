// Who did what to which device: the log, read backwards.
#pragma once

#include "cloud/point.hpp"
#include "es/event.hpp"
#include "ocf/device_id.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
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

// Whether the log may have events of this type that are about devices.
bool is_event_type(std::string_view type);
// Whether administrators' acts may have this type.
bool is_act_type(std::string_view type);

struct AuditPage {
  std::vector<es::RecordedEvent> events;  // newest first
  // Older events than this may be missing among those that were asked for: they were trimmed. Nullopt: as far
  // as this page and those before it go, none was.
  std::optional<Time> from;
  std::string more;  // a cursor: older ones may be found from there; empty: there are none
};

}  // namespace ocf::cloud
