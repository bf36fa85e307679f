// What an operator may choose, with the defaults. config/ocf-cloud.yaml documents every key in the words of
// config_keys.cpp.
#pragma once

#include "base/limits.hpp"
#include "net/tls_context.hpp"
#include "server/config/config_values.hpp"
#include "server/observability/log.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocf::server {

struct Listeners {
  std::optional<Address> coap_tls =
      Address{"0.0.0.0", 5684};     // devices and clients, mutual TLS; nullopt: off
  std::optional<Address> coap_tcp;  // the same without TLS; nullopt: off
  std::optional<Address> http =
      Address{"127.0.0.1", 8080};  // services, people, the command line; nullopt: off
  std::optional<Address> admin = Address{"127.0.0.1", 9464};  // /metrics, /livez, /readyz; nullopt: off
};

struct AuthorizationConfig {
  std::string provider = "ocf-cloud";                // what devices send as `authprovider`
  std::chrono::seconds code_lifetime{300};           // of a one-time code
  std::chrono::seconds access_token_lifetime{3600};  // of a device's access token; it refreshes before
  std::chrono::seconds user_token_lifetime{
      2'592'000};  // of what `ocf-cloud token` gives out; cannot be revoked
};

struct TlsConfig {
  net::ClientCertificate client_certificate = net::ClientCertificate::require;
  std::string certificate_file;  // PEM, the hub's chain, its own first; empty: the hub's own CA issues one
  std::string key_file;          // PEM, of that; neither or both
  std::vector<std::string> trusted_ca_files;  // PEM; besides the hub's own CA and those added by `pki trust`
  std::vector<std::string> crl_files;         // PEM; besides the list that `pki revoke` keeps
};

struct TelemetryConfig {
  std::string otlp_endpoint;  // "http://127.0.0.1:4318", of a collector; empty: nothing is sent
  std::chrono::seconds otlp_interval{15};
};

struct Config {
  Listeners listeners;
  std::optional<Address> public_address;  // what devices are told; nullopt: where CoAP is listened on
  std::filesystem::path data = "./ocf-cloud-data";  // the hub's own directory
  AuthorizationConfig authorization;
  TlsConfig tls;
  LogConfig log;
  TelemetryConfig telemetry;
  Limits limits;
};

// One thing that is wrong in a configuration file.
struct Mistake {
  int line = 0;          // from 1; 0: the file as a whole
  std::string key;       // "limits.ping_retries"; empty: no key
  std::string sentence;  // without line and key

  std::string text() const;  // "line 12: limits.ping_retries: …"
};

struct LoadedConfig {
  Config config;                  // the defaults where the file says nothing, or nothing right
  std::vector<Mistake> mistakes;  // all of them, in the order of the file
};

// Reads YAML text.
LoadedConfig load_config(const std::string& yaml);
// Throws std::runtime_error if the file cannot be read.
LoadedConfig load_config_file(const std::filesystem::path& file);

// The documented file with these values: load_config() of it gives them back.
std::string print_config(const Config& config);

}  // namespace ocf::server
