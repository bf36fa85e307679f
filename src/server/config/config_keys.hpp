// The keys of the configuration file as a table: the reader and the printer both walk it, so neither can
// forget one.
#pragma once

#include "server/config/config.hpp"

#include <yaml-cpp/node/node.h>

#include <functional>
#include <string>
#include <vector>

namespace ocf::server {

struct ConfigKey {
  std::string name;
  std::string comment;                 // lines of at most 110 characters
  std::function<std::string()> print;  // the value as YAML
  std::function<std::string(const YAML::Node&)>
      set;  // returns what is wrong with it as a sentence; empty: nothing
};

struct ConfigSection {
  std::string name;  // empty: keys at the top level
  std::string comment;
  std::vector<ConfigKey> keys;
};

// In the order of the file. The keys refer to the configuration: it outlives the table.
std::vector<ConfigSection> config_keys(Config& config);

}  // namespace ocf::server
