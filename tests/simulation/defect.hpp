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
  reads_twice,            // the last event of what the store reads of its log is there twice
  overlooks_values,       // what the store reads of its log is without the values of resources
  mistakes_owners,        // the store writes somebody else's name on an event now and then
  cuts_events_off,        // the store writes an event without its last byte now and then
  answers_twice,          // commands are ended without looking whether they have ended
  announces_early,        // the bus tells of events before they are stored
  shows_everything,       // everybody may read everything
  knows_former_owners,    // who owned a device may read it ever after
  overtaking,             // the network changes the order of what a device says
};

struct NamedDefect {
  Defect defect;
  std::string_view name;
  std::string_view noticed_as;  // what a failure says of it: another one is none of it
};
inline constexpr std::array<NamedDefect, 13> defects{{
    {Defect::acknowledges_unsynced, "acknowledges-unsynced", "acknowledged and lost"},
    {Defect::loses_a_write, "loses-a-write", "what the disk holds is no log"},
    {Defect::forgets_fences, "forgets-fences", "an older session was heard"},
    {Defect::stores_retries_again, "stores-retries-again", "stored twice"},
    {Defect::reads_twice, "reads-twice", "shown twice"},
    {Defect::overlooks_values, "overlooks-values", "is not the fold of the log"},
    {Defect::mistakes_owners, "mistakes-owners", "an event of mallory in a registration of"},
    {Defect::cuts_events_off, "cuts-events-off", "nobody can read"},
    {Defect::answers_twice, "answers-twice", "ended 2 times"},
    {Defect::announces_early, "announces-early", "had made known what is not stored"},
    {Defect::shows_everything, "shows-everything", "somebody else"},
    {Defect::knows_former_owners, "knows-former-owners", "whose light it was not then"},
    {Defect::overtaking, "overtaking", "which it never did"},
}};

}  // namespace ocf::simulation
