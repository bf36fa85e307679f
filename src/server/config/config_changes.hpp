// What differs between the configuration that a hub runs with and the one that it reads anew.
#pragma once

#include "server/config/config.hpp"

#include <string>
#include <vector>

namespace ocf::server {

struct ConfigChange {
  std::string key;             // "limits.ping_interval"
  std::string from, to;        // as the file writes them
  bool needs_restart = false;  // false: take_over() puts it in force

  std::string text() const;  // "limits.ping_interval: 1m -> 30s"
};

// In the order of the file; empty: they are the same.
std::vector<ConfigChange> changes(Config running, Config wanted);

// Gives `running` what of `wanted` needs no restart. Whoever refers to its limits sees the new ones;
// connections that are open keep what they were told with their CSM.
void take_over(const Config& wanted, Config& running);

}  // namespace ocf::server
