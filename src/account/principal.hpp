// Who asks, and what they may do.
#pragma once

#include "base/strong_text.hpp"
#include "base/time.hpp"
#include "es/stream_id.hpp"
#include "ocf/device_id.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ocf::account {

using es::Tenant;
using Owner = StrongText<struct OwnerTag>;

// user: a person or service with a bearer token. device: a device or OCF client with the token of its
// sign-up. gateway: may assert what only the holder of a channel knows (session epoch, certificate, connect,
// disconnect). system: expires commands.
struct Principal {
  enum class Kind : std::uint8_t { user = 1, device, gateway, system };

  Kind kind = Kind::system;
  Tenant tenant;
  Owner owner;        // of user: itself; of device: who onboarded it; otherwise empty
  DeviceId device{};  // of device only

  static Principal user(Tenant tenant, Owner owner);
  static Principal of_device(Tenant tenant, Owner owner, DeviceId device);
  static Principal gateway(Tenant tenant);
  static Principal system(Tenant tenant);

  // "user:alice", "device:<di>", "gateway", "system": what the audit of an event says.
  std::string text() const;
  friend bool operator==(const Principal&, const Principal&) = default;
};

// What may be done on a device. A set, as a bit mask.
enum class Right : std::uint8_t {
  read = 1,     // discover, retrieve, observe, history
  control = 2,  // create, update, delete; cancel what one asked for
  host = 4,     // speak for the device: publish, unpublish, notify, confirm
  manage = 8,   // remove the device from the cloud
};
using Rights = std::uint8_t;
constexpr Rights operator|(Right a, Right b) {
  return static_cast<Rights>(static_cast<Rights>(a) | static_cast<Rights>(b));
}
constexpr Rights operator|(Rights a, Right b) { return static_cast<Rights>(a | static_cast<Rights>(b)); }
constexpr bool contains(Rights rights, Right right) { return (rights & static_cast<Rights>(right)) != 0; }

// The device that an operation is about, as far as authorization is concerned.
struct Subject {
  Tenant tenant;
  DeviceId device{};
  Owner owner;
};

// What the Authorization context says of a principal, at a moment. `decide` checks it as its first rule
// (R13), read models filter by it (R14). "Same owner" is one case: rights on whatever the principal's owner
// owns.
struct Access {
  struct Grant {
    DeviceId device{};
    Rights rights = 0;
  };

  Principal principal;
  Rights on_owned = 0;  // on every device of principal.owner in principal.tenant; a device hosts only itself
  std::vector<Grant> grants;  // on single devices of others in the same tenant
  std::uint64_t revision = 0;
  Time as_of{};  // older than 5 s: fetch again

  // Gateway and system may host and control whatever is in their tenant.
  bool allows(const Subject& subject, Right right) const;
};

}  // namespace ocf::account
