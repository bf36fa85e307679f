// What the log of a store amounts to, in a few numbers: two stores with the same fold hold the same.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace ocf::server {

struct Fold {
  std::uint64_t events = 0;
  std::string cursor;       // behind the last event of each partition
  std::string log;          // SHA-256 of all records, by partition and offset
  std::string read_models;  // SHA-256 of what they say: directory, shadow, pending commands
  friend bool operator==(const Fold&, const Fold&) = default;
};

// Opens the store, reads all of it and folds it, as a start does; blocks. No hub may have it open. Throws
// std::runtime_error with a sentence.
Fold fold_of(const std::filesystem::path& store);

}  // namespace ocf::server
