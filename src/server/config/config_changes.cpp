#include "server/config/config_changes.hpp"

#include "server/config/config_keys.hpp"

#include <fmt/format.h>

namespace ocf::server {
namespace {

bool is_taken_over(const std::string& section, const std::string& key) {
  return (section == "limits" && key != "connections_max") || section == "tls";
}

}  // namespace

std::string ConfigChange::text() const {
  return fmt::format("{}: {} -> {}{}", key, from, to, needs_restart ? " (after a restart)" : "");
}

std::vector<ConfigChange> changes(Config running, Config wanted) {
  std::vector<ConfigChange> found;
  const std::vector<ConfigSection> before = config_keys(running);
  const std::vector<ConfigSection> after = config_keys(wanted);
  for (std::size_t section = 0; section < before.size(); ++section) {
    const std::string& name = before[section].name;
    for (std::size_t key = 0; key < before[section].keys.size(); ++key) {
      const ConfigKey& old = before[section].keys[key];
      std::string from = old.print();
      std::string to = after[section].keys[key].print();
      if (from == to) continue;
      found.push_back({name.empty() ? old.name : name + "." + old.name, std::move(from), std::move(to),
                       !is_taken_over(name, old.name)});
    }
  }
  return found;
}

void take_over(const Config& wanted, Config& running) {
  const std::size_t connections_max = running.limits.connections_max;
  running.limits = wanted.limits;
  running.limits.connections_max = connections_max;
  running.tls = wanted.tls;
}

}  // namespace ocf::server
