// OwnerRates: how fast each owner asks.
#pragma once

#include "account/principal.hpp"
#include "base/time.hpp"
#include "base/token_bucket.hpp"

#include <cstddef>
#include <map>
#include <utility>

namespace ocf::cloud {

// Lives in the cloud. Of owners who asked nothing for ten seconds nothing is kept.
class OwnerRates {
 public:
  static constexpr std::size_t owners_max = 100'000;

  // The rate outlives it.
  explicit OwnerRates(const unsigned& per_second, std::size_t most = owners_max)
      : per_second_(per_second), most_(most) {}

  // Counts one request; false: not now.
  bool take(const account::Tenant& tenant, const account::Owner& owner, SteadyTime now);
  std::size_t size() const { return buckets_.size(); }

 private:
  void make_room(SteadyTime now);

  const unsigned& per_second_;
  const std::size_t most_;
  std::size_t look_at_ = 1024;  // so many owners, for some to forget
  std::map<std::pair<account::Tenant, account::Owner>, TokenBucket> buckets_;
};

}  // namespace ocf::cloud
