// How many bytes of events each tenant has, and how old those are that could go. A fold of the log.
#pragma once

#include "base/time.hpp"
#include "es/event.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace ocf::cloud {

// What an event counts against limits.retention_bytes_max: its data and its names, uncompressed.
std::uint64_t bytes_of(const es::RecordedEvent& recorded);

// An event as far as it counts.
struct Weight {
  Time time{};
  std::uint64_t bytes = 0;
  bool may_go = false;  // an event of a resource; not a baseline, which stands for what went already
};
Weight weight_of(const es::RecordedEvent& recorded);

// Lives on one shard. Its memory is in the time that the log spans: some 50 bytes for each grain of it.
class RetainedBytes {
 public:
  static constexpr std::chrono::seconds grain{10};  // events of this time go together

  void add(const es::Tenant& tenant, const Weight& weight);
  void remove(const es::Tenant& tenant, const Weight& weight);

  std::uint64_t of(const es::Tenant& tenant) const;
  std::vector<es::Tenant> tenants() const;

  // Up to when events have to go so that no more than `bytes_max` are left, at best; what was looked at up to
  // `after` does not count, for it stayed. nullopt: they are no more than that, or there are none that could
  // go.
  std::optional<Time> cutoff(const es::Tenant& tenant, std::uint64_t bytes_max, Time after) const;

 private:
  struct Slice {
    std::uint64_t bytes = 0;
    std::map<Time, std::uint64_t> may_go;  // by the beginning of the grain
  };

  std::map<es::Tenant, Slice> tenants_;
};

}  // namespace ocf::cloud
