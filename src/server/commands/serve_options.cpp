#include "server/commands/serve_options.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace ocf::server {
namespace {

using Complain = std::string (*)(const Address&);

// An address option means what its key in the file means.
void override_address(std::optional<Address>& value, const char* option, const std::string& typed,
                      const char* absent, Complain complain, std::vector<Mistake>& mistakes) {
  if (typed.empty()) return;
  if (typed == absent) return value.reset();
  const auto address = parse_address(typed);
  if (!address) {
    mistakes.push_back(
        {0, option, fmt::format("'{}' is neither an address and port, nor '{}'", typed, absent)});
  } else if (const std::string complaint = complain(*address); !complaint.empty()) {
    mistakes.push_back({0, option, fmt::format("'{}' {}", typed, complaint)});
  } else {
    value = address;
  }
}

}  // namespace

void add_serve_options(CLI::App& command, ServeOptions& options) {
  command.add_option("--config", options.config_file, "Configuration file (see `ocf-cloud config print`).");
  command.add_option("--data", options.data, "The hub's directory; default ./ocf-cloud-data.");
  command.add_option("--coap-tls", options.coap_tls,
                     "Where devices connect over TLS, or off; default 0.0.0.0:5684.");
  command.add_option("--coap-tcp", options.coap_tcp,
                     "Where devices connect without TLS, or off; default off.");
  command.add_option("--http", options.http, "Where HTTP is served, or off; default 127.0.0.1:8080.");
  command.add_option("--admin", options.admin,
                     "Where metrics and health are told, or off; default 127.0.0.1:9464.");
  command.add_option("--public-address", options.public_address,
                     "What devices are told to connect to; default: the address of --coap-tls.");
}

Config effective_config(const ServeOptions& options) {
  Config config = options.config_file.empty() ? Config{} : read_config(options.config_file);
  std::vector<Mistake> mistakes;
  Listeners& listeners = config.listeners;
  override_address(listeners.coap_tls, "--coap-tls", options.coap_tls, "off", complaint_about_listener,
                   mistakes);
  override_address(listeners.coap_tcp, "--coap-tcp", options.coap_tcp, "off", complaint_about_listener,
                   mistakes);
  override_address(listeners.http, "--http", options.http, "off", complaint_about_http_listener, mistakes);
  override_address(listeners.admin, "--admin", options.admin, "off", complaint_about_listener, mistakes);
  override_address(config.public_address, "--public-address", options.public_address, "auto",
                   complaint_about_public_address, mistakes);
  if (!options.data.empty()) config.data = options.data;
  refuse_mistakes("the command line", mistakes);
  return config;
}

Config read_config(const std::string& file) {
  LoadedConfig loaded;
  try {
    loaded = load_config_file(file);
  } catch (const std::runtime_error& e) {
    throw CommandFailure(Exit::usage, e.what());
  }
  refuse_mistakes(file, loaded.mistakes);
  return std::move(loaded.config);
}

void refuse_mistakes(const std::string& source, const std::vector<Mistake>& mistakes) {
  if (mistakes.empty()) return;
  std::string text;
  for (const Mistake& mistake : mistakes) {
    if (!text.empty()) text += "\n";
    text += source + ": " + mistake.text();
  }
  throw CommandFailure(Exit::usage, text);
}

}  // namespace ocf::server
