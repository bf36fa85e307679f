// A simulated OCF device without socket and clock: bytes and time in, actions out. On the wire it is
// iotivity-lite's cloud_server, with its order, its shapes, its times and its defects.
//
//               tick()                      Connect
//   time ───────────────▶ Registration ───────────────▶ shell
//               answers ▲      │ requests ▶ Send
//                       │      ▼ signed in: KeepAlive, publication ▶ Send
//   cloud ─▶ receive() ─┼▶ signaling ▶ Send (Pong), Close (Release)
//             Receiver  └▶ requests ▶ Resources ▶ Send (answer, notifications)
#pragma once

#include "sim/action.hpp"
#include "sim/keep_alive.hpp"
#include "sim/receiver.hpp"
#include "sim/registration.hpp"
#include "sim/resources.hpp"
#include "sim/settings.hpp"

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace ocf::sim {

// What has happened since the device was made.
struct Counters {
  std::size_t connections = 0;
  std::size_t sign_ups = 0;  // that succeeded, as the next three
  std::size_t sign_ins = 0;
  std::size_t refreshes = 0;
  std::size_t publications = 0;
  std::size_t requests_answered = 0;
  std::size_t notifications = 0;
  std::size_t pongs = 0;            // to pings of the cloud
  std::vector<std::string> closes;  // by the device, with the reason
};

// One per device, over all its connections.
class DeviceMachine {
 public:
  // `seed` makes tokens and pauses: the same seed, the same device. `wall` is the time of day at `now`.
  DeviceMachine(DeviceSettings settings, std::uint64_t seed, Time wall, SteadyTime now);
  DeviceMachine(const DeviceMachine&) = delete;
  DeviceMachine& operator=(const DeviceMachine&) = delete;

  void start(SteadyTime now) { registration_.start(now); }

  Actions connected(SteadyTime now);
  Actions connect_failed(std::string_view why, SteadyTime now);
  // The peer or the network ended the connection.
  Actions disconnected(SteadyTime now);
  // What one read brought: over TLS one record.
  Actions receive(ByteView read, SteadyTime now);
  Actions tick(SteadyTime now);
  // When tick() has something to do next.
  SteadyTime deadline() const;

  // A change on the device itself. Precondition: the resource has the property.
  Actions set_property(std::string_view href, std::string_view name, Value value, SteadyTime now);

  bool is_signed_in() const { return registration_.step() == Registration::Step::signed_in; }
  // It waits for nothing more: it was refused, or tried long enough.
  bool is_stopped() const { return registration_.step() == Registration::Step::stopped; }
  const Counters& counters() const { return counters_; }
  const DeviceSettings& settings() const { return settings_; }

 private:
  Transport transport() const;
  void take(const coap::Message& message, SteadyTime now, Actions& actions);
  void take_signaling(const coap::Message& message, SteadyTime now, Actions& actions);
  void take_request(const coap::Message& request, SteadyTime now, Actions& actions);
  void take_response(const coap::Message& response, SteadyTime now, Actions& actions);
  void take_publish_answer(const coap::Message& response, Actions& actions);
  void act(Registration::Need need, SteadyTime now, Actions& actions);
  void registration_advanced(Registration::Step before, SteadyTime now, Actions& actions);
  void say_if_stopped(Registration::Step before, Actions& actions) const;
  void publish(Actions& actions);
  void unpublish(Actions& actions);
  void send(const coap::Message& message, Actions& actions);
  void send_notifications(const std::vector<coap::Message>& notifications, Actions& actions);
  void close(std::string why, SteadyTime now, Actions& actions);
  void connection_ended(SteadyTime now);

  const DeviceSettings settings_;
  std::mt19937_64 random_;
  Resources resources_;
  Registration registration_;
  KeepAlive keep_alive_;
  std::optional<Receiver> receiver_;    // while connected
  std::optional<coap::Token> publish_;  // waits for its answer
  Counters counters_;
};

}  // namespace ocf::sim
