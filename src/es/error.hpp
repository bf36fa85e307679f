// What an event store answers when it does not do what was asked.
#pragma once

#include "base/result.hpp"

namespace ocf::es {

enum class StoreError {
  version_conflict = 1,  // the stream's version is not the expected one: reload, decide again
  fenced,               // a higher epoch was seen for the fence's key: a newer session speaks for this device
  unavailable,          // not stored, try again later
  outcome_unknown,      // stored or not: read the stream and compare event ids
  corrupt,              // a checksum or an encoding does not hold; nothing is served from there
  newer_schema,         // the store was written by a newer release
  closed,               // the store is shutting down
  malformed_stream_id,  // the text is not <tenant>/<entity>/<registration>/<name>
  malformed_event,      // the bytes are not an event record, or the event cannot be one
  conflicts_exhausted,  // handle_command lost the version race too often
};

Error make_error_code(StoreError error);

}  // namespace ocf::es

template <>
struct boost::system::is_error_code_enum<ocf::es::StoreError> : std::true_type {};
