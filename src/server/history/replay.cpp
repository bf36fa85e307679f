#include "server/history/replay.hpp"

namespace ocf::server {
namespace {

void fold(cloud::ReadModels& models, const es::RecordedEvent& recorded) {
  models.directory.apply(recorded);
  models.shadow.apply(recorded);
  models.pending.apply(recorded);
}

}  // namespace

Replayed replay(LogSource& log, const std::optional<cloud::Point>& until, Amendments* amendments) {
  Replayed replayed(log.partitions());
  replayed.cursor = beginning(log);
  for_each_event(log, beginning(log), [&](const es::RecordedEvent& recorded) {
    if (until && !until->includes(recorded)) {
      if (es::is_baseline(recorded.event)) ++replayed.trimmed;
      return;
    }
    replayed.cursor.next[recorded.position.partition] = recorded.position.offset + 1;
    if (amendments == nullptr) return fold(replayed.models, recorded);
    for (const es::RecordedEvent& event : amendments->in_place_of(recorded, until))
      fold(replayed.models, event);
  });
  if (amendments == nullptr) return replayed;
  for (const es::RecordedEvent& event : amendments->rest(until)) fold(replayed.models, event);
  return replayed;
}

}  // namespace ocf::server
