// A simulated OCF device on the network: a DeviceMachine, its connection, and the clock.
#pragma once

#include "net/gate.hpp"
#include "net/outbox.hpp"
#include "net/shard.hpp"
#include "net/stream.hpp"
#include "sim/connect_to.hpp"
#include "sim/device_machine.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ocf::sim {

// Lives on its shard, which outlives it; every function is called there. Remembers nothing beyond its own
// life. Await stop() before it is destroyed.
class Device {
 public:
  // What happened, in one sentence, as it happens; may be empty.
  using Listener = std::function<void(std::string_view sentence)>;

  // For "coaps+tcp" the connector holds the device's own certificate, and as a real device goes no further
  // than TLS 1.2.
  Device(net::Shard& shard, DeviceSettings settings, Connector connector, Listener listener = {});
  ~Device();

  void start();
  // Closes the connection and returns when nothing of this device runs any more.
  net::awaitable<void> stop();

  // A change on the device itself, of which observers are told. Precondition: the resource has the property.
  void set_property(std::string_view href, std::string_view name, Value value);

  bool is_signed_in() const { return machine_.is_signed_in(); }
  bool is_stopped() const { return machine_.is_stopped(); }
  const Counters& counters() const { return machine_.counters(); }
  const DeviceSettings& settings() const { return machine_.settings(); }

 private:
  struct Connection;

  net::awaitable<void> converse(std::string uri, net::Gate::Holder holder);
  net::awaitable<void> read_all(std::shared_ptr<Connection> connection);
  bool read_what_is_there(const std::shared_ptr<Connection>& connection);

  void perform(const Actions& actions);
  void perform(const Connect& action);
  void perform(const Send& action);
  void perform(const Close& action);
  void perform(const Say& action);

  net::Shard& shard_;
  const Connector connector_;
  const Listener listener_;
  DeviceMachine machine_;
  net::Timer timer_;
  net::Gate gate_;
  std::shared_ptr<Connection> connection_;  // shared with the coroutine that reads it
};

}  // namespace ocf::sim
