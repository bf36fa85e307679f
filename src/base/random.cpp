#include "base/random.hpp"

#include "base/assert.hpp"
#include "base/simulation.hpp"

#include <algorithm>
#include <sys/random.h>

namespace ocf {

Bytes random_bytes(std::size_t count) {
  Bytes bytes(count);
  if (Simulation* simulation = Simulation::current()) {
    simulation->fill_random(bytes);
    return bytes;
  }
  for (std::size_t filled = 0; filled < count;) {
    const ssize_t got = getrandom(bytes.data() + filled, std::min<std::size_t>(count - filled, 256), 0);
    OCF_ASSERT(got > 0, "requests of at most 256 bytes are neither cut short nor interrupted (getrandom(2))");
    filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::string random_uuid() {
  Bytes bytes = random_bytes(16);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  std::string text = to_hex(bytes);
  for (const std::size_t dash : {8u, 13u, 18u, 23u}) text.insert(dash, 1, '-');
  return text;
}

}  // namespace ocf
