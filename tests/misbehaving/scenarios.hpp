// What a misbehaving device does, scenario by scenario.
#pragma once

#include "hub_process.hpp"
#include "peer.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace ocf::misbehaving {

// One scenario against one hub. `attack` is repeated as long as the neighbours are measured; `finish` sees to
// the end of what it left open. Belongs to one thread at a time.
class Attack {
 public:
  // `accounts` are signed-up devices; `light` is a neighbour's resource, as the hub routes it; `scale` is 1,
  // less in a short run.
  Attack(const HubProcess& hub, std::vector<Peer>& accounts, std::string light, double scale)
      : hub_(hub), accounts_(accounts), light_(std::move(light)), scale_(scale) {}

  const HubProcess& hub() const { return hub_; }
  const std::string& light() const { return light_; }
  std::size_t scaled(std::size_t count) const {
    return static_cast<std::size_t>(static_cast<double>(count) * scale_);
  }
  // A new connection of one of the accounts, signed in.
  Peer signed_in(std::size_t account, std::size_t block_wise_bytes = 0);
  std::size_t accounts() const { return accounts_.size(); }

  // Keeps the first complaint.
  void expect(bool condition, const char* otherwise) {
    if (!condition && complaint.empty()) complaint = otherwise;
  }

  std::vector<Peer> kept;  // open until finish
  std::string complaint;

 private:
  const HubProcess& hub_;
  std::vector<Peer>& accounts_;
  const std::string light_;
  const double scale_;
};

struct Scenario {
  const char* name;
  void (*attack)(Attack& attack);
  void (*finish)(Attack& attack);
  std::size_t crowd = 0;  // so many connections it keeps open; each may cost crowd_kib_max
};
constexpr long crowd_kib_max = 64;

const std::vector<Scenario>& scenarios();

}  // namespace ocf::misbehaving
