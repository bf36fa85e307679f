// What always has to hold, whatever happened: the checkers of a simulation.
#pragma once

#include "cloud/read_models.hpp"
#include "store_memory/memory_event_store.hpp"
#include "tests/simulation/store.hpp"
#include "tests/simulation/world.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ocf::simulation {

// Everything stored, in the order of each partition.
using Log = std::vector<es::RecordedEvent>;
Log log_of(store_memory::MemoryEventStore& store);
// The same as if nothing had been trimmed.
Log whole_log_of(Store& store);

// What people and devices were told, to be held against the log at the end. Values of lights are given once
// only: even ones by the light itself, growing, odd ones by people.
struct Told {
  std::set<std::int64_t> asked;                        // values that were asked for
  std::set<std::int64_t> confirmed;                    // of those, what the hub said to be done
  std::map<std::string, std::set<std::int64_t>> seen;  // values that somebody was shown, by who that was
};

// The power that a light's representation tells.
std::optional<std::int64_t> power_of(ByteView representation);

// Every event is of a kind that is known, and can be read.
void check_readable(World& world, const Log& log);
// Offsets and versions have no holes, and no event is there twice.
void check_places(World& world, const Log& log);
// What was acknowledged is there, in its place.
void check_acknowledged(World& world, const Log& log, const Acknowledged& acknowledged);
// Every command ended once; those that still wait are told.
void check_commands(World& world, const Log& log, const std::set<es::CorrelationId>& waiting);
// After a session of a device has begun, no older one is heard; what one says is stored in its order.
void check_sessions(World& world, const Log& log);
// The owner of an event is who held the registration that it is of.
void check_owners(World& world, const Log& log);
// What somebody was told is stored, of a light that was theirs then, and what was asked for was done once at
// most.
void check_told(World& world, const Log& log, const Told& told);
// A fold of the log gives the same.
void check_read_models(World& world, const Log& log, const cloud::ReadModels& live);
// Who is online is so by the newest session that the log knows, and that has not ended.
void check_online(World& world, const Log& log, const directory::Directory& live);
// The events that this owner's feed gave: all of the owner's devices, each once and in the order of its
// partition, nobody else's.
void check_feed(World& world, const Log& log, const std::string& owner, const Log& feed);

}  // namespace ocf::simulation
