// Whether a write-ahead log of RocksDB ends in a torn write, or in damage that looks like one.
#pragma once

#include "base/bytes.hpp"

#include <cstddef>

namespace ocf::store_rocksdb {

inline constexpr std::size_t log_block_bytes = 32 * 1024;

// The log's last block, which begins at a multiple of log_block_bytes. RocksDB's reader takes a record that
// reaches beyond the end of the file for torn, and drops it with all that follows. True: with another length
// it is whole, by its checksum, and what follows it is, too; so not the write was torn, its length is
// damaged. Any other damage RocksDB finds itself.
bool has_damaged_length(ByteView block);

}  // namespace ocf::store_rocksdb
