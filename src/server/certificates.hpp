// The hub's public key infrastructure in its data directory: an authority of its own, the hub's certificate,
// whom it trusts and what was revoked.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/tls_context.hpp"
#include "ocf/device_id.hpp"
#include "pki/certificates.hpp"
#include "server/config/config.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ocf::server {

// A certificate that the hub keeps.
struct KeptCertificate {
  std::string file;
  std::string common_name;
  std::string role;  // "authority", "hub", "trusted"; "crl": a list of this issuer
  std::string pem;   // the file's text
};

// Lives on one thread.
class Certificates {
 public:
  static constexpr std::chrono::days authority_lifetime{7300};
  static constexpr std::chrono::days certificate_lifetime{3650};

  // Loads what is there and makes what is missing: the authority, and the hub's certificate (CN uuid:<sid>).
  // Throws std::runtime_error with a sentence.
  Certificates(std::filesystem::path directory, const std::string& sid, TlsConfig settings, Time now);

  // All files as they are now, with these settings; nothing is made, and this one stays as it is. Throws as
  // above.
  Certificates read_again(TlsConfig settings, Time now) const;

  const std::string& authority() const { return authority_.certificate; }  // PEM

  // What the TLS listener needs, as of now.
  net::TlsServerConfig tls() const;

  // A device's identity: the chain up to and without the authority, and its key. Its serial is kept, so that
  // the device's id is enough to revoke it. Errors: pki::PkiError; of the file system.
  Result<pki::Credential> issue_device(const DeviceId& device, Time now) const;

  // Trusts the CAs of a PEM text from now on, also after a restart; returns the name of the first one. The
  // same text again changes nothing. Errors: pki::PkiError; of the file system.
  Result<std::string> trust(const std::string& pem);

  // Revokes certificates of the hub's own authority, for good and also after a restart: all that were issued
  // for a device id, the one with a serial, or the one of a PEM text. Returns their serials. Errors:
  // never_issued (for this id), malformed_serial, foreign_certificate; of the file system.
  Result<std::vector<std::string>> revoke(const std::string& what, Time now);

  std::vector<KeptCertificate> list() const;
  // When the hub's own certificate, which it shows to devices, ends.
  Time expiry() const;
  // What an operator should know of the files, a sentence each: lists out of date, lists of nobody known.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct File {
    std::string path;
    std::string pem;
  };

  void load(Time now);
  pki::Credential load_hub() const;
  void load_trusted();
  void load_trusted_file(const std::filesystem::path& file);
  void load_list(const std::filesystem::path& file, Time now);
  std::vector<std::string> ca_pool() const;
  std::filesystem::path own_list() const { return directory_ / "ca.crl"; }
  Result<std::vector<std::string>> serials_of(const std::string& what) const;
  std::vector<std::string> serials_issued_for(const DeviceId& device) const;

  std::filesystem::path directory_;
  TlsConfig settings_;
  pki::Credential authority_;
  pki::Credential hub_;
  std::vector<File> trusted_;
  std::vector<File> lists_;  // the hub's own among them, once there is one
  std::vector<std::string> warnings_;
};

}  // namespace ocf::server
