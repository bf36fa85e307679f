// What is known of the token families of the devices seen last, so that a check of a token reads no store.
#pragma once

#include "auth_builtin/device_tokens.hpp"
#include "es/handle_command.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>

namespace ocf::auth_builtin {

// Drops the least recently used. Lives on the cloud's shard. About 1 KB a device.
class TokenCache {
 public:
  using Known = es::Known<DeviceTokens>;

  explicit TokenCache(std::size_t devices_max) : devices_max_(devices_max) {}

  // What is known of the stream; version 0: nothing, but perhaps an append to begin it.
  Known find(const es::StreamId& stream);

  // Reads and writes of a stream may end in any order, so the newer of what is there and what comes is kept;
  // of two with one version that of which an append is unsettled.
  // `evictions`: as it was before the read or write began. If a newer state may have been dropped since,
  // nothing is kept.
  void keep(const es::StreamId& stream, const Known& known, std::uint64_t evictions);

  std::uint64_t evictions() const { return evictions_; }
  std::size_t size() const { return entries_.size(); }

 private:
  using Entry = std::pair<es::StreamId, Known>;

  std::size_t devices_max_;
  std::uint64_t evictions_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<es::StreamId, std::list<Entry>::iterator> places_;
};

}  // namespace ocf::auth_builtin
