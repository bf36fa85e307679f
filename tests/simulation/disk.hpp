// The disk under the simulated store: a log of checked frames. What is written is safe once it is synced; a
// crash keeps some of the rest, cut at any byte.
#pragma once

#include "es/event_store.hpp"
#include "tests/simulation/world.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace ocf::simulation {

// What one append stored, or one trim.
struct Stored {
  std::vector<es::RecordedEvent> events;  // of a trim: its baseline, at the version that is the first to stay
  std::optional<es::Fence> fence;
  bool is_trim = false;
};

// Survives every hub.
class Disk {
 public:
  void write(const Stored& stored);
  void sync() { synced_ = bytes_.size(); }
  // Of what is not synced the beginning may have reached the disk.
  void crash(Draw& draw);

  // Everything up to the first frame that is not whole; what is behind it is dropped, as recovery does.
  std::vector<Stored> recover();

 private:
  Bytes bytes_;
  std::size_t synced_ = 0;
};

}  // namespace ocf::simulation
