// A map from texts that can be trimmed to the entries that were used last.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace ocf::store_rocksdb {

// Entries stay where they are until trim() or clear(). One thread.
template <class T>
class LruMap {
 public:
  // nullptr if there is none; otherwise it is now the one used last.
  T* find(std::string_view key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  // The key must be new.
  T& insert(std::string key, T value) {
    entries_.emplace_front(std::move(key), std::move(value));
    places_.emplace(entries_.front().first, entries_.begin());
    return entries_.front().second;
  }

  void trim(std::size_t size_max) {
    while (entries_.size() > size_max) {
      places_.erase(entries_.back().first);
      entries_.pop_back();
    }
  }

  void clear() {
    places_.clear();
    entries_.clear();
  }

 private:
  using Entries = std::list<std::pair<const std::string, T>>;
  Entries entries_;  // the one used last is in front
  std::unordered_map<std::string_view, typename Entries::iterator> places_;
};

}  // namespace ocf::store_rocksdb
