// The negative controls: a hub, a store or a network that is broken in one way, which a checker has to
// notice.
#pragma once

#include <array>
#include <string_view>

namespace ocf::simulation {

enum class Defect {
  none,
  acknowledges_unsynced,  // the store says "stored" before it is synced
  loses_a_write,          // the disk drops one write that was synced, and keeps later ones
  forgets_fences,         // the store takes the word of any session of a device
  stores_retries_again,   // the store does not know its events by their ids
  answers_twice,          // commands are ended without looking whether they have ended
  announces_early,        // the bus tells of events before they are stored
  shows_everything,       // everybody may read everything
  overtaking,             // the network changes the order of what a device says
};

struct NamedDefect {
  Defect defect;
  std::string_view name;
};
inline constexpr std::array<NamedDefect, 8> defects{{
    {Defect::acknowledges_unsynced, "acknowledges-unsynced"},
    {Defect::loses_a_write, "loses-a-write"},
    {Defect::forgets_fences, "forgets-fences"},
    {Defect::stores_retries_again, "stores-retries-again"},
    {Defect::answers_twice, "answers-twice"},
    {Defect::announces_early, "announces-early"},
    {Defect::shows_everything, "shows-everything"},
    {Defect::overtaking, "overtaking"},
}};

}  // namespace ocf::simulation
