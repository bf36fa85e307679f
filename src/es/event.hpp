// Events as the store sees them: an envelope around bytes that only the event's own context can read.
#pragma once

#include "base/bytes.hpp"
#include "base/strong_text.hpp"
#include "base/time.hpp"
#include "es/stream_id.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ocf::es {

using EventId = StrongText<struct EventIdTag>;              // UUID; equal ids are the same event
using CorrelationId = StrongText<struct CorrelationIdTag>;  // UUID of the request that began it all

// Who caused an event and by which request. Stored with every event.
struct Audit {
  std::string principal;      // "user:alice", "device:<di>", "gateway:<id>", "system"
  std::string owner;          // owner of the device at that time; empty where there is none
  CorrelationId correlation;  // empty: not part of a request
  std::string causation;      // id of the event that led to this one; empty: a request did
  std::string traceparent;    // W3C Trace Context; empty: not traced
  friend bool operator==(const Audit&, const Audit&) = default;
};

// Where a device spoke: which of its sessions, and which message in it. Zero where no device spoke.
struct Spoken {
  std::uint64_t epoch = 0;     // session epoch: version of the device stream at DeviceConnected
  std::uint64_t sequence = 0;  // counts the device's notifications within the session, from 1
  friend bool operator==(const Spoken&, const Spoken&) = default;
};

// An event to be appended.
struct NewEvent {
  EventId id;
  std::string type;  // the stored name, "ResourceRepresentationUpdated": never renamed
  Bytes data;  // deterministic CBOR map with integer keys, owned by the event's context (docs/wire/events.md)
  Time time{};
  Audit audit;
  Spoken spoken;
};

// An event that is stored, with its places. Immutable and shared by everybody who reads it.
struct RecordedEvent {
  Position position;
  StreamId stream;
  Version version = 0;  // of the stream, from 1, without gaps
  NewEvent event;
};

// Events of one partition in order of commit.
using EventBatch = std::shared_ptr<const std::vector<RecordedEvent>>;

// A record's bytes: the envelope as a deterministic CBOR map with integer keys (docs/wire/events.md).
// Position, stream and version are part of it, so that a log can be verified and an index rebuilt from it
// alone.
Bytes encode_record(const RecordedEvent& record);
// Errors: malformed_event. Keys that a newer release added are skipped.
Result<RecordedEvent> decode_record(ByteView bytes);

}  // namespace ocf::es
