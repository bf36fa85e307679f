// The configuration of a command that starts a hub: the file, and the options that go before it.
#pragma once

#include "server/commands/command.hpp"
#include "server/config/config.hpp"

#include <string>
#include <vector>

namespace ocf::server {

// As typed; empty: not given.
struct ServeOptions {
  std::string config_file;
  std::string data;
  std::string coap_tcp;
  std::string coap_tls;
  std::string http;
  std::string admin;
  std::string public_address;
};

void add_serve_options(CLI::App& command, ServeOptions& options);

// The file's values, or the defaults, with what was typed instead. Throws CommandFailure (usage) with every
// mistake, a line each.
Config effective_config(const ServeOptions& options);

// The file's values. Throws CommandFailure (usage) as above, also if the file cannot be read.
Config read_config(const std::string& file);

// Throws CommandFailure (usage) if there is any; `source` says where they are.
void refuse_mistakes(const std::string& source, const std::vector<Mistake>& mistakes);

}  // namespace ocf::server
