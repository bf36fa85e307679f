// Aggregate `device` (stream <tenant>/<di>/<registration>/device): one registration of a device, and whether
// it is online.
#pragma once

#include "account/holder.hpp"
#include "account/principal.hpp"
#include "es/decider.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ocf::device {

// One registration of one device; names all its streams and its fence.
struct DeviceKey {
  DeviceKey() = default;
  DeviceKey(account::Tenant tenant_, DeviceId device_, account::Registration registration_)
      : tenant(std::move(tenant_)), device(device_), registration(registration_) {}

  account::Tenant tenant;
  DeviceId device{};
  account::Registration registration = 0;

  es::StreamId stream(std::string_view name) const { return {tenant, device.text(), registration, name}; }
  std::string fence_key() const {
    return tenant.text() + '/' + device.text() + '/' + std::to_string(registration);
  }
  friend bool operator==(const DeviceKey&, const DeviceKey&) = default;
  friend auto operator<=>(const DeviceKey&, const DeviceKey&) = default;
};

// Whose stream it is; nullopt if its entity is no device.
std::optional<DeviceKey> key_of(const es::StreamId& stream);

// Session epoch: the version of the device stream at its DeviceConnected. Higher is newer.
using Epoch = std::uint64_t;

// Stored: never renumber.
enum class Disconnection : std::uint8_t {
  closed = 1,  // the peer closed or the connection broke
  signed_out = 2,
  unresponsive = 3,  // missing Pongs, or a command that was not answered in time
  protocol_error = 4,
  token_expired = 5,
  superseded = 6,   // the same device signed in on another connection
  hub_stopped = 7,  // graceful stop, or found online when the hub started
  deregistered = 8,
  certificate_revoked = 9,  // of the peer, after the handshake
};

std::string to_sentence(Disconnection reason);

// Stored: never renumber, add fields only (docs/wire/events-resource.md).
struct DeviceRegistered {
  account::Owner owner;
  friend bool operator==(const DeviceRegistered&, const DeviceRegistered&) = default;
};
struct DeviceConnected {
  std::string gateway;    // id of the gateway that holds the channel
  std::string peer;       // "192.0.2.7:40112"
  std::string transport;  // "tcp", "TLSv1.2", "TLSv1.3"
  friend bool operator==(const DeviceConnected&, const DeviceConnected&) = default;
};
// The shadow has everything that the device said in this session up to this device-wide ETag: once when all
// of its resources were read, and at the end of the session.
struct DeviceSynchronized {
  Epoch epoch = 0;
  Bytes etag;  // opaque; empty: the device gave none, or it does not tell of every resource
  friend bool operator==(const DeviceSynchronized&, const DeviceSynchronized&) = default;
};
struct DeviceDisconnected {
  Epoch epoch = 0;
  Disconnection reason = Disconnection::closed;
  friend bool operator==(const DeviceDisconnected&, const DeviceDisconnected&) = default;
};
struct DeviceDeregistered {
  friend bool operator==(const DeviceDeregistered&, const DeviceDeregistered&) = default;
};

enum class DeviceError {
  not_registered = 1,  // the registration ended
  permission_denied,
};
Error make_error_code(DeviceError error);

struct RegisterDevice {
  account::Owner owner;
};
struct ConnectDevice {
  account::Access access;  // of the gateway or the device itself: needs to host
  account::Subject subject;
  std::string gateway, peer, transport;
};
struct SynchronizeDevice {
  account::Access access;  // needs to host
  account::Subject subject;
  Epoch epoch = 0;  // an older one decides nothing
  Bytes etag;
};
struct DisconnectDevice {
  account::Access access;
  account::Subject subject;
  Epoch epoch = 0;  // an older one decides nothing
  Disconnection reason = Disconnection::closed;
  std::optional<Bytes> etag;  // up to which the shadow is true at the end; nullopt: nobody knows
};
struct DeregisterDevice {
  account::Access access;  // needs to manage, or to host (sign-off by the device)
  account::Subject subject;
};

struct Device {
  using Event = std::variant<DeviceRegistered, DeviceConnected, DeviceSynchronized, DeviceDisconnected,
                             DeviceDeregistered>;
  using Command =
      std::variant<RegisterDevice, ConnectDevice, SynchronizeDevice, DisconnectDevice, DeregisterDevice>;
  struct State {
    es::Version version = 0;  // events folded so far: the next DeviceConnected gets epoch version + 1
    bool registered = false;
    account::Owner owner;
    Epoch epoch = 0;  // of the newest session
    bool online = false;
    Epoch synchronized = 0;  // the session in which the shadow was true last
    Bytes etag;              // the device-wide one of that moment; empty: none
    friend bool operator==(const State&, const State&) = default;
  };

  // RegisterDevice twice decides nothing. ConnectDevice of an online device is allowed: the newest session
  // wins. SynchronizeDevice with what is known decides nothing. DisconnectDevice with another ETag than the
  // known one tells of that first. DeregisterDevice of an online device disconnects it first (two events).
  static Result<std::vector<Event>> decide(const State& state, const Command& command);
  static State evolve(State state, const Event& event);
  static es::EncodedEvent encode(const Event& event);
  static Result<std::optional<Event>> decode(const es::RecordedEvent& recorded);
};
static_assert(es::Decider<Device>);

inline constexpr std::string_view stream_name = "device";

}  // namespace ocf::device

template <>
struct boost::system::is_error_code_enum<ocf::device::DeviceError> : std::true_type {};
