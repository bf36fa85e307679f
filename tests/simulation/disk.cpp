#include "tests/simulation/disk.hpp"

#include "base/assert.hpp"

#include <cstdint>
#include <string_view>

namespace ocf::simulation {
namespace {

void put(Bytes& to, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<std::uint8_t>(number >> shift));
}

void put(Bytes& to, ByteView bytes) {
  put(to, static_cast<std::uint32_t>(bytes.size()));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// Takes numbers and bytes off the front; empty is what is left when they are not all there.
struct Input {
  ByteView left;
  bool is_whole = true;

  std::uint32_t number() {
    if (left.size() < 4) {
      is_whole = false;
      return 0;
    }
    std::uint32_t number = 0;
    for (const std::uint8_t byte : left.first(4)) number = number << 8 | byte;
    left = left.subspan(4);
    return number;
  }
  ByteView bytes() {
    const std::uint32_t size = number();
    if (!is_whole || left.size() < size) {
      is_whole = false;
      return {};
    }
    const ByteView taken = left.first(size);
    left = left.subspan(size);
    return taken;
  }
};

// FNV-1a, folded.
std::uint32_t checksum(ByteView bytes) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211ull;
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

Stored decoded(ByteView frame) {
  Input input{frame};
  Stored stored;
  stored.is_trim = input.number() != 0;
  const std::string key(as_text(input.bytes()));
  const std::uint64_t epoch = input.number();
  if (!key.empty()) stored.fence = es::Fence{key, epoch};
  while (!input.left.empty()) {
    auto event = es::decode_record(input.bytes());
    OCF_ASSERT(event.has_value(), "a frame whose checksum holds was written by us");
    stored.events.push_back(std::move(*event));
  }
  return stored;
}

}  // namespace

void Disk::write(const Stored& stored) {
  Bytes frame;
  put(frame, static_cast<std::uint32_t>(stored.is_trim));
  put(frame, as_bytes(stored.fence ? stored.fence->key : std::string()));
  put(frame, static_cast<std::uint32_t>(stored.fence ? stored.fence->epoch : 0));
  for (const es::RecordedEvent& event : stored.events) put(frame, es::encode_record(event));
  put(bytes_, checksum(frame));
  put(bytes_, frame);
}

void Disk::crash(Draw& draw) {
  const std::size_t kept = draw.below(bytes_.size() - synced_ + 1);
  bytes_.resize(synced_ + kept);
  // The last sector may hold anything.
  if (kept > 0 && draw.chance(300)) bytes_.back() ^= 0x5a;
}

std::vector<Stored> Disk::recover() {
  std::vector<Stored> all;
  Input input{bytes_};
  std::size_t good = 0;
  while (!input.left.empty()) {
    const std::uint32_t sum = input.number();
    const ByteView frame = input.bytes();
    if (!input.is_whole || checksum(frame) != sum) break;
    all.push_back(decoded(frame));
    good = bytes_.size() - input.left.size();
  }
  bytes_.resize(good);
  synced_ = good;
  return all;
}

}  // namespace ocf::simulation
