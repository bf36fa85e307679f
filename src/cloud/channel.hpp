// A device's open channel, as a gateway offers it to the cloud (implemented by gateway::Connection). Nothing
// here knows CoAP.
#pragma once

#include "device/device.hpp"
#include "resource/resource.hpp"

#include <string>

namespace ocf::cloud {

// A command that the device is to carry out now: its CommandDispatched is durable.
struct Dispatch {
  es::CorrelationId correlation;
  resource::Operation operation = resource::Operation::retrieve;
  Href href;
  std::string query;
  resource::Content content;
};

// Lives on the cloud's shard, from sign_in() to disconnect().
class Channel {
 public:
  virtual ~Channel() = default;

  // The answer comes back through Cloud::confirm().
  virtual void offer(Dispatch dispatch) = 0;

  // What came of the command, as far as the channel knows.
  enum class Asked {
    nothing,   // it was not offered, or is done with
    awaited,   // the device has not answered
    answered,  // and Cloud::confirm() is about to be told
  };
  virtual Asked asked(const es::CorrelationId& correlation) const = 0;

  // Links of the device were unpublished for it, because their lifetime ended: nobody listens to what it says
  // of them.
  virtual void forget_unpublished() = 0;

  // Somebody reads the device's messages: from now on each goes to ProtocolLogs::note(), while it is read.
  virtual void begin_protocol_log() = 0;

  // The session is over (a newer one began, a command was not answered, the device was removed): close
  // without farewell.
  virtual void close(device::Disconnection reason) = 0;
};

}  // namespace ocf::cloud
