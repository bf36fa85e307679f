// The hub's public key infrastructure in its data directory: an authority of its own, the hub's certificate,
// and whom it trusts.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/tls_context.hpp"
#include "ocf/device_id.hpp"
#include "pki/certificates.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ocf::server {

// A certificate that the hub keeps.
struct KeptCertificate {
  std::string file;
  std::string common_name;
  std::string role;  // "authority", "hub", "trusted"
};

// Lives on one thread.
class Certificates {
 public:
  static constexpr std::chrono::days authority_lifetime{7300};
  static constexpr std::chrono::days certificate_lifetime{3650};

  // Loads what is there and makes what is missing: the authority, and the hub's certificate (CN uuid:<sid>).
  // `trusted_ca_files` are PEM files trusted besides. Throws std::runtime_error with a sentence.
  Certificates(std::filesystem::path directory, const std::string& sid,
               const std::vector<std::string>& trusted_ca_files, Time now);

  const std::string& authority() const { return authority_.certificate; }  // PEM

  // What the TLS listener needs, as of now.
  net::TlsServerConfig tls() const;

  // A device's identity: the chain up to and without the authority, and its key. Errors: pki::PkiError.
  Result<pki::Credential> issue_device(const DeviceId& device, Time now) const;

  // Trusts the CAs of a PEM text from now on, also after a restart; returns the name of the first one. The
  // same text again changes nothing. Errors: pki::PkiError; of the file system.
  Result<std::string> trust(const std::string& pem);

  std::vector<KeptCertificate> list() const;

 private:
  struct Trusted {
    std::string file;
    std::string pem;
  };

  void load_trusted(const std::vector<std::string>& files);
  void load_trusted_file(const std::filesystem::path& file);

  const std::filesystem::path directory_;
  pki::Credential authority_;
  pki::Credential hub_;
  std::vector<Trusted> trusted_;
};

}  // namespace ocf::server
