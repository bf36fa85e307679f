#include "es/error.hpp"

namespace ocf::es {
namespace {

const char* sentence(int value) {
  switch (static_cast<StoreError>(value)) {
    case StoreError::version_conflict: return "the stream has another version than expected";
    case StoreError::fenced: return "a newer session speaks for this device";
    case StoreError::unavailable: return "the event store is not available, try again";
    case StoreError::outcome_unknown: return "it is not known whether the events were stored";
    case StoreError::corrupt: return "the event store is corrupt";
    case StoreError::newer_schema: return "the event store was written by a newer release";
    case StoreError::closed: return "the event store is closed";
    case StoreError::malformed_stream_id: return "malformed stream id";
    case StoreError::malformed_event: return "malformed event record";
    case StoreError::conflicts_exhausted: return "too many concurrent commands on one stream";
  }
  return "unknown";
}

constexpr SentenceCategory category{"event store", sentence};

}  // namespace

Error make_error_code(StoreError error) { return {static_cast<int>(error), category}; }

}  // namespace ocf::es
