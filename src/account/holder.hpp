// Aggregate `holder` (stream <tenant>/<di>/0/holder): which owner holds a device id, and in which
// registration. A device that is registered anew starts the next registration, and with it new streams:
// nobody reads another owner's history.
#pragma once

#include "account/error.hpp"
#include "account/principal.hpp"
#include "es/decider.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ocf::account {

// Registration numbers count from 1.
using Registration = std::uint64_t;

// Stored: never renumber, add fields only (docs/wire/events-account.md).
struct DeviceClaimed {
  Owner owner;
  Registration registration = 0;
  std::string grant;
  friend bool operator==(const DeviceClaimed&, const DeviceClaimed&) = default;
};
struct DeviceReleased {
  Registration registration = 0;
  friend bool operator==(const DeviceReleased&, const DeviceReleased&) = default;
};

struct ClaimDevice {
  Owner owner;
  std::string grant;
};
struct ReleaseDevice {
  Access access;
  Subject subject;
  Registration registration = 0;
};

struct Holder {
  using Event = std::variant<DeviceClaimed, DeviceReleased>;
  using Command = std::variant<ClaimDevice, ReleaseDevice>;
  struct State {
    std::optional<Owner> owner;     // nullopt: released, or never claimed
    Registration registration = 0;  // the current or last one
    std::string grant;              // that gave the current registration
    friend bool operator==(const State&, const State&) = default;
  };

  // ClaimDevice: the same grant again decides nothing; a new grant of the same owner, or anybody's after a
  // release, begins the next registration; another owner's: held_by_another. ReleaseDevice: needs the right
  // to manage, or to host the device itself (permission_denied otherwise); one that is not current decides
  // nothing.
  static Result<std::vector<Event>> decide(const State& state, const Command& command);
  static State evolve(State state, const Event& event);
  static es::EncodedEvent encode(const Event& event);
  static Result<std::optional<Event>> decode(const es::RecordedEvent& recorded);

  static es::StreamId stream(const Tenant& tenant, const DeviceId& device);
};
static_assert(es::Decider<Holder>);

inline constexpr std::string_view stream_name = "holder";

}  // namespace ocf::account
