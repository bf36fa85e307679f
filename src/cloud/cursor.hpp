// A place in the whole log: one offset per partition, as an opaque, versioned text of at most 256 characters.
#pragma once

#include "base/result.hpp"
#include "es/stream_id.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ocf::cloud {

struct Cursor {
  std::vector<es::Offset> next;  // per partition: the offset to read next

  std::string text() const;
  // Errors: malformed_cursor (also if it is of a store with another number of partitions).
  static Result<Cursor> parse(std::string_view text, es::Partition partitions);
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

}  // namespace ocf::cloud
