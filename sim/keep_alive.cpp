#include "sim/keep_alive.hpp"

namespace ocf::sim {

void KeepAlive::start(SteadyTime now) {
  at_ = now + pace_.ping_interval;
  waiting_ = false;
  missed_ = 0;
}

KeepAlive::Due KeepAlive::tick(SteadyTime now) {
  if (now < at_) return Due::nothing;
  if (!waiting_) return Due::ping;
  waiting_ = false;
  at_ = now + pace_.ping_answer_time;
  return ++missed_ < pace_.pings_missed_max ? Due::nothing : Due::give_up;
}

void KeepAlive::sent(coap::Token token, SteadyTime now) {
  token_ = token;
  waiting_ = true;
  at_ = now + pace_.ping_answer_time;
}

void KeepAlive::answered(const coap::Token& token, SteadyTime now) {
  if (waiting_ && token == token_) start(now);
}

}  // namespace ocf::sim
