// Why a request of ours was sent to a device.
#pragma once

#include "es/event.hpp"
#include "ocf/link.hpp"

namespace ocf::gateway {

struct Purpose {
  enum class Kind {
    observe,   // keeps one resource of the shadow true; answered again and again
    batch,     // the same for all of them
    retrieve,  // reads once for the shadow
    discover,  // what the device hosts
    command,   // somebody waits for the answer
  };
  Kind kind = Kind::retrieve;
  Href href;
  es::CorrelationId correlation;  // of a command

  bool goes_on() const { return kind == Kind::observe || kind == Kind::batch; }
};

}  // namespace ocf::gateway
