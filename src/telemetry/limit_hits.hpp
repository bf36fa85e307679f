// LimitHits: how often each limit of base/limits.hpp was hit.
#pragma once

#include "telemetry/counter_table.hpp"

#include <cstdint>
#include <string_view>

namespace ocf::telemetry {

// One line where a limit is enforced: `hits.hit("connections_max")`. Lives on a shard.
class LimitHits {
 public:
  // The name is that of the field of Limits; empty: none was hit, nothing is counted.
  void hit(std::string_view limit);
  std::uint64_t count(std::string_view limit) const { return table_.value(limit); }
  const CounterTable::Rows& rows() const { return table_.rows(); }

 private:
  CounterTable table_;
};

}  // namespace ocf::telemetry
