// Keys of the embedded store. Stored: never change one; a new meaning is a new schema
// (docs/operations/embedded_store.md).
#pragma once

#include "es/stream_id.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ocf::store_rocksdb {

// 2: streams may begin with a baseline, and partitions have holes.
inline constexpr unsigned schema_version = 2;

// Column families. `meta` is RocksDB's default one.
namespace family {
inline constexpr const char* log = "log";        // log_key → record (es::encode_record)
inline constexpr const char* index = "index";    // index_key → offset; marker_key → offset
inline constexpr const char* fences = "fences";  // fence's key → epoch
}  // namespace family

namespace meta {
inline constexpr const char* schema = "schema";          // decimal
inline constexpr const char* partitions = "partitions";  // decimal
inline constexpr const char* store = "store";            // UUID
inline constexpr const char* created = "created";        // RFC 3339
}  // namespace meta

// Big endian, so that keys sort as their numbers do.
std::string number_value(std::uint64_t value);  // 8 bytes
std::optional<std::uint64_t> parse_number(std::string_view value);

// partition (2 bytes), offset (8 bytes).
std::string log_key(es::Position position);
std::optional<es::Position> parse_log_key(std::string_view key);

// length of the stream's text (2 bytes), text, version (8 bytes). The length in front keeps streams apart
// whatever bytes their names hold.
std::string index_prefix(const es::StreamId& stream);
std::string index_key(const es::StreamId& stream, es::Version version);

// 0 (2 bytes: no stream's length), partition (2 bytes): how far the index covers the partition's log.
std::string marker_key(es::Partition partition);

}  // namespace ocf::store_rocksdb
