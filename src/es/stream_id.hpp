// Names of streams and of places in the log.
#pragma once

#include "base/result.hpp"
#include "base/strong_text.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ocf::es {

using Tenant = StrongText<struct TenantTag>;

// The count of events in a stream; also the version of its last event. 0: the stream does not exist.
using Version = std::uint64_t;

// Index of a partition, below EventStore::partitions().
using Partition = std::uint16_t;

// The place of an event within its partition, from 1, in order of commit. Order is promised per device (all
// streams of a device are in one partition), never across devices.
using Offset = std::uint64_t;

struct Position {
  Partition partition = 0;
  Offset offset = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

// `<tenant>/<entity>/<registration>/<name>`, for example
//   default/028acc3a-d1a5-4246-79cd-2876cfc55916/0/holder
//   default/028acc3a-d1a5-4246-79cd-2876cfc55916/3/resource/light/1
// Entity: a device id, or `code:<hash>` and the like of an authorization plug. Registration 0: not bound to
// one. Invariant: tenant and entity are not empty and hold no '/'. Immutable value; any thread.
class StreamId {
 public:
  StreamId(const Tenant& tenant, std::string_view entity, std::uint64_t registration, std::string_view name);

  // Errors: malformed_stream_id.
  static Result<StreamId> parse(std::string_view text);

  const std::string& text() const { return text_; }
  std::string_view tenant() const;
  std::string_view entity() const;
  std::uint64_t registration() const;
  std::string_view name() const;  // "holder", "device", "links", "resource/light/1", …

  friend bool operator==(const StreamId&, const StreamId&) = default;
  friend auto operator<=>(const StreamId&, const StreamId&) = default;

 private:
  explicit StreamId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// FNV-1a (64 bit) of "<tenant>/<entity>", modulo `partitions`. Stored: never change it.
Partition partition_of(const StreamId& stream, Partition partitions);

}  // namespace ocf::es

template <>
struct std::hash<ocf::es::StreamId> {
  std::size_t operator()(const ocf::es::StreamId& id) const noexcept {
    return std::hash<std::string>{}(id.text());
  }
};
