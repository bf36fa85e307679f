// The pings of a device that is signed in, and what it makes of missing pongs.
#pragma once

#include "base/time.hpp"
#include "coap/message.hpp"
#include "sim/settings.hpp"

namespace ocf::sim {

// A ping at regular intervals; without a pong one after twice the answer time, until too many are missing.
class KeepAlive {
 public:
  enum class Due { nothing, ping, give_up };

  explicit KeepAlive(const Pace& pace) : pace_(pace) {}

  void start(SteadyTime now);
  void stop() { at_ = SteadyTime::max(); }

  // What the time asks for; after `ping` call sent().
  Due tick(SteadyTime now);
  void sent(coap::Token token, SteadyTime now);
  void answered(const coap::Token& token, SteadyTime now);

  SteadyTime deadline() const { return at_; }

 private:
  const Pace& pace_;
  SteadyTime at_ = SteadyTime::max();
  bool waiting_ = false;  // for a pong, until at_
  coap::Token token_;
  unsigned missed_ = 0;
};

}  // namespace ocf::sim
