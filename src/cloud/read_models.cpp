#include "cloud/read_models.hpp"

namespace ocf::cloud {

bool ReadModels::apply(const es::EventBatch& batch) {
  for (const es::RecordedEvent& recorded : *batch) {
    es::Offset& next = next_[recorded.position.partition];
    if (recorded.position.offset < next) continue;
    if (recorded.position.offset > next) return false;
    directory.apply(recorded);
    shadow.apply(recorded);
    pending.apply(recorded);
    ++next;
  }
  return true;
}

}  // namespace ocf::cloud
