// What differs between two states of one device, as JSON.
#pragma once

#include "directory/directory.hpp"
#include "http/json_writer.hpp"
#include "shadow/shadow.hpp"

#include <map>

namespace ocf::http {

struct DeviceState {
  const directory::DeviceEntry* device = nullptr;  // nullptr: not registered
  const std::map<Href, shadow::Representation>* shadow = nullptr;
  const Href* only = nullptr;  // of its resources; nullptr: all
};

// In an object that is open: "device":{…}, "came":[…], "went":[…], "changed":[…].
//   device   what differs of "registered", "registration", "owner", "name", "online", each {"from","to"}
//   came     resources that were published meanwhile: {…link…,"time"?,"content"?}
//   went     those that are published no more, as they were
//   changed  {"href","from":{"time"?,"content"?,"link"?},"to":{…}}; "link" if the links differ
// When something was said, how it was encoded, and ETags, are no difference. False: there is none.
bool write_difference(JsonWriter& json, const DeviceState& from, const DeviceState& to);

}  // namespace ocf::http
