#include "cloud/read_models.hpp"

namespace ocf::cloud {

bool ReadModels::apply(const es::EventBatch& batch) {
  for (const es::RecordedEvent& recorded : *batch) {
    const es::Offset next = next_[recorded.position.partition];
    if (recorded.position.offset < next) continue;
    if (recorded.position.offset > next) return false;
    apply(recorded);
  }
  return true;
}

void ReadModels::apply_log(es::Partition partition, const es::LogSlice& slice) {
  for (const es::RecordedEvent& recorded : *slice.events) {
    if (recorded.position.offset >= next_[partition]) apply(recorded);
  }
  next_[partition] = std::max(next_[partition], slice.next);
}

void ReadModels::apply(const es::RecordedEvent& recorded) {
  directory.apply(recorded);
  shadow.apply(recorded);
  pending.apply(recorded);
  next_[recorded.position.partition] = recorded.position.offset + 1;
}

}  // namespace ocf::cloud
