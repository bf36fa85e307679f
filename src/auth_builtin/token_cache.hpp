// What is known of the token families of the devices seen last, so that a check of a token reads no store.
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>

#include "auth_builtin/device_tokens.hpp"
#include "es/handle_command.hpp"

namespace ocf::auth_builtin {

// Least recently used goes first. Lives on the cloud's shard. About 400 bytes a device.
class TokenCache {
 public:
  using Known = es::Known<DeviceTokens>;

  explicit TokenCache(std::size_t devices_max) : devices_max_(devices_max) {}

  // nullptr: not cached. Valid until the next call of any function.
  const Known* find(const es::StreamId& stream);
  // Keeps the newer of what is there and what is given: reads that overlap with writes may come back in any order.
  void keep(const es::StreamId& stream, Known known);

  std::size_t size() const { return entries_.size(); }

 private:
  using Entry = std::pair<es::StreamId, Known>;

  std::size_t devices_max_;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<es::StreamId, std::list<Entry>::iterator> places_;
};

}  // namespace ocf::auth_builtin
