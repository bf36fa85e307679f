// Representations as clients of the hub get them: links within them lead through the hub.
#pragma once

#include "base/limits.hpp"
#include "ocf/device_id.hpp"
#include "ocf/payloads.hpp"
#include "resource/resource.hpp"

#include <string>

namespace ocf::gateway {

// One view of one resource for one client. The limits outlive it.
class Routed {
 public:
  // `interface`: whose form the contents have.
  Routed(DeviceId device, std::string_view interface, Advertisement advertisement, const Limits& limits);

  // What is no list of links and no batch, or cannot be read as such, stays as the device sent it.
  resource::Content content(const resource::Content& content) const;

 private:
  DeviceId device_;
  bool has_links_;
  Advertisement advertisement_;
  const Limits* limits_;
};

}  // namespace ocf::gateway
