#include "cloud/owner_rates.hpp"

#include <algorithm>

namespace ocf::cloud {

bool OwnerRates::take(const account::Tenant& tenant, const account::Owner& owner, SteadyTime now) {
  if (buckets_.size() >= std::min(look_at_, most_)) make_room(now);
  return buckets_.try_emplace({tenant, owner}, per_second_).first->second.take(now);
}

// Looks at all, but only after as many came as were left the last time.
void OwnerRates::make_room(SteadyTime now) {
  std::erase_if(buckets_, [now](const auto& entry) { return entry.second.is_full(now); });
  if (buckets_.size() >= most_) buckets_.clear();  // more owners at once than can be: all begin anew
  look_at_ = std::max(look_at_, 2 * buckets_.size());
}

}  // namespace ocf::cloud
