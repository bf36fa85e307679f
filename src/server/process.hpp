// What the kernel says of this process.
#pragma once

#include <cstdint>

namespace ocf::server {

struct ProcessLevels {
  double cpu_seconds = 0;    // user and system
  double start_seconds = 0;  // since 1970
  std::uint64_t resident_bytes = 0, virtual_bytes = 0;
  std::uint64_t open_descriptors = 0, descriptors_max = 0;
  std::uint64_t threads = 0;
};

// Reads /proc/self; what cannot be read is 0.
ProcessLevels process_levels();

// Resident bytes; costs some microseconds.
std::uint64_t memory_of_process();
// Of the machine, or of the control group of this process (version 2) if that is less.
std::uint64_t memory_of_machine();

}  // namespace ocf::server
