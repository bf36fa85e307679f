#include "cloud/retained_bytes.hpp"

#include "es/event_store.hpp"
#include "resource/resource.hpp"

#include <algorithm>

namespace ocf::cloud {
namespace {

Time grain_of(Time time) {
  using Grain = std::chrono::duration<std::int64_t, std::ratio<RetainedBytes::grain.count()>>;
  return std::chrono::floor<Grain>(time);
}

}  // namespace

std::uint64_t bytes_of(const es::RecordedEvent& recorded) {
  const es::NewEvent& event = recorded.event;
  return recorded.stream.text().size() + event.id.text().size() + event.type.size() + event.data.size() +
         event.audit.principal.size() + event.audit.owner.size() + event.audit.correlation.text().size() +
         event.audit.causation.size() + event.audit.traceparent.size();
}

Weight weight_of(const es::RecordedEvent& recorded) {
  return {recorded.event.time, bytes_of(recorded),
          resource::href_of(recorded.stream) && !es::is_baseline(recorded.event)};
}

void RetainedBytes::add(const es::Tenant& tenant, const Weight& weight) {
  Slice& slice = tenants_[tenant];
  slice.bytes += weight.bytes;
  if (weight.may_go) slice.may_go[grain_of(weight.time)] += weight.bytes;
}

void RetainedBytes::remove(const es::Tenant& tenant, const Weight& weight) {
  Slice& slice = tenants_[tenant];
  slice.bytes -= std::min(slice.bytes, weight.bytes);
  if (!weight.may_go) return;
  const auto found = slice.may_go.find(grain_of(weight.time));
  if (found == slice.may_go.end()) return;
  found->second -= std::min(found->second, weight.bytes);
  if (found->second == 0) slice.may_go.erase(found);
}

std::uint64_t RetainedBytes::of(const es::Tenant& tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? 0 : found->second.bytes;
}

std::vector<es::Tenant> RetainedBytes::tenants() const {
  std::vector<es::Tenant> all;
  for (const auto& [tenant, slice] : tenants_) all.push_back(tenant);
  return all;
}

std::optional<Time> RetainedBytes::cutoff(const es::Tenant& tenant, std::uint64_t bytes_max,
                                          Time after) const {
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end() || found->second.bytes <= bytes_max) return std::nullopt;
  const std::uint64_t excess = found->second.bytes - bytes_max;
  const auto& may_go = found->second.may_go;
  std::optional<Time> end;
  std::uint64_t freed = 0;
  for (auto at = may_go.lower_bound(after); at != may_go.end() && freed < excess; ++at) {
    freed += at->second;
    end = at->first + grain;
  }
  return end;
}

}  // namespace ocf::cloud
