#include "telemetry/limit_hits.hpp"

namespace ocf::telemetry {

void LimitHits::hit(std::string_view limit) {
  if (!limit.empty()) table_.add(limit);
}

}  // namespace ocf::telemetry
