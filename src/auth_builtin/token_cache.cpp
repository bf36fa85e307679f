#include "auth_builtin/token_cache.hpp"

namespace ocf::auth_builtin {

TokenCache::Known TokenCache::find(const es::StreamId& stream) {
  const auto place = places_.find(stream);
  if (place == places_.end()) return {};
  entries_.splice(entries_.begin(), entries_, place->second);
  return place->second->second;
}

void TokenCache::keep(const es::StreamId& stream, const Known& known, std::uint64_t evictions) {
  const auto place = places_.find(stream);
  if (place != places_.end()) {
    Known& kept = place->second->second;
    if (kept.version < known.version || (kept.version == known.version && known.unsettled)) kept = known;
    return;
  }
  if ((known.version == 0 && !known.unsettled) || evictions != evictions_) return;
  entries_.emplace_front(stream, known);
  places_.emplace(stream, entries_.begin());
  if (entries_.size() <= devices_max_) return;
  places_.erase(entries_.back().first);
  entries_.pop_back();
  ++evictions_;
}

}  // namespace ocf::auth_builtin
