#include "account/principal.hpp"

#include <algorithm>
#include <utility>

namespace ocf::account {

Principal Principal::user(Tenant tenant, Owner owner) {
  return {Kind::user, std::move(tenant), std::move(owner), {}};
}

Principal Principal::of_device(Tenant tenant, Owner owner, DeviceId device) {
  return {Kind::device, std::move(tenant), std::move(owner), device};
}

Principal Principal::gateway(Tenant tenant) { return {Kind::gateway, std::move(tenant), {}, {}}; }
Principal Principal::system(Tenant tenant) { return {Kind::system, std::move(tenant), {}, {}}; }

std::string Principal::text() const {
  switch (kind) {
    case Kind::user: return "user:" + owner.text();
    case Kind::device: return "device:" + device.text();
    case Kind::gateway: return "gateway";
    case Kind::system: return "system";
  }
  return "unknown";
}

bool Access::allows(const Subject& subject, Right right) const {
  if (principal.tenant != subject.tenant) return false;
  const bool is_ours =
      principal.kind == Principal::Kind::gateway || principal.kind == Principal::Kind::system;
  if (is_ours) return right == Right::host || right == Right::control;
  const bool owns = !principal.owner.empty() && principal.owner == subject.owner;
  const bool speaks_for_another =
      right == Right::host && principal.kind == Principal::Kind::device && principal.device != subject.device;
  if (owns && contains(on_owned, right) && !speaks_for_another) return true;
  return std::any_of(grants.begin(), grants.end(), [&](const Grant& grant) {
    return grant.device == subject.device && contains(grant.rights, right);
  });
}

}  // namespace ocf::account
