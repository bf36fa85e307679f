// Random bytes of the operating system, or of the Simulation of this thread, for tokens, codes and ids.
// Called at the edge only, never inside decide/evolve.
#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <string>

namespace ocf {

// Any thread; blocks only before the kernel's generator is seeded (early boot).
Bytes random_bytes(std::size_t count);

// A random UUID (RFC 9562 version 4) in lower case.
std::string random_uuid();

}  // namespace ocf
