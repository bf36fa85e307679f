// Certificates for the TLS tests of net/, made once per process.
#pragma once

#include "net/shard.hpp"
#include "net/tls_context.hpp"
#include "pki/certificates.hpp"

namespace ocf::net {

inline constexpr const char* hub_id = "11111111-1111-4111-8111-111111111111";
inline constexpr const char* device_id = "22222222-2222-4222-8222-222222222222";

struct TestCredentials {
  pki::Validity valid{wall_now() - std::chrono::hours(1), wall_now() + std::chrono::hours(1)};
  pki::Credential authority = pki::create_authority("Test authority", valid).value();
  pki::Credential hub = pki::issue_hub(authority, hub_id, valid).value();
  pki::Credential device = pki::issue_device(authority, device_id, valid).value();
};

inline const TestCredentials& credentials() {
  static const TestCredentials made;
  return made;
}

inline TlsServerConfig server_config() {
  TlsServerConfig config;
  config.certificate_chain = credentials().hub.certificate;
  config.private_key = credentials().hub.private_key;
  config.ca_pool = {credentials().authority.certificate};
  return config;
}

inline TlsClientConfig client_config(const pki::Credential& credential, TlsVersion version_max) {
  TlsClientConfig config;
  config.certificate_chain = credential.certificate;
  config.private_key = credential.private_key;
  config.ca_pool = {credentials().authority.certificate};
  config.version_max = version_max;
  return config;
}

}  // namespace ocf::net
