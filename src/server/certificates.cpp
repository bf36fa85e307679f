#include "server/certificates.hpp"

#include "base/random.hpp"
#include "pki/key_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

namespace ocf::server {

namespace fs = std::filesystem;

namespace {

// Certificates are valid from an hour ago: a device's clock may be slow.
pki::Validity validity(Time now, std::chrono::days lifetime) {
  return {now - std::chrono::hours(1), now + lifetime};
}

template <class T>
T required(Result<T> result, const std::string& what) {
  if (!result) throw std::runtime_error(fmt::format("{}: {}", what, result.error().message()));
  return std::move(*result);
}

void required(const Result<void>& result, const std::string& what) {
  if (!result) throw std::runtime_error(fmt::format("{}: {}", what, result.error().message()));
}

// The credential in <name>.crt and <name>.key; a new one if neither is there. One without the other is a
// mistake to be told: whoever replaces the hub's certificate by their own has to see it.
pki::Credential load_or_issue(const fs::path& stem, const std::function<Result<pki::Credential>()>& issue) {
  const fs::path certificate = stem.string() + ".crt";
  const fs::path key = stem.string() + ".key";
  if (!fs::exists(certificate) && !fs::exists(key)) {
    pki::Credential issued = required(issue(), fmt::format("{} cannot be issued", certificate.string()));
    required(pki::save(key, issued.private_key), fmt::format("{} cannot be written", key.string()));
    required(pki::save(certificate, issued.certificate),
             fmt::format("{} cannot be written", certificate.string()));
    return issued;
  }
  pki::Credential loaded;
  loaded.certificate =
      required(pki::load(certificate), fmt::format("{} cannot be read", certificate.string()));
  loaded.private_key = required(pki::load(key), fmt::format("{} cannot be read", key.string()));
  required(pki::read_common_name(loaded.certificate), certificate.string());
  return loaded;
}

KeptCertificate kept(std::string file, const std::string& pem, std::string role) {
  const auto name = pki::read_common_name(pem);
  return {std::move(file), name ? *name : "", std::move(role)};
}

}  // namespace

Certificates::Certificates(fs::path directory, const std::string& sid,
                           const std::vector<std::string>& trusted_ca_files, Time now)
    : directory_(std::move(directory)) {
  authority_ = load_or_issue(directory_ / "ca", [&] {
    return pki::create_authority("ocf-cloud " + sid, validity(now, authority_lifetime));
  });
  hub_ = load_or_issue(directory_ / "hub",
                       [&] { return pki::issue_hub(authority_, sid, validity(now, certificate_lifetime)); });
  load_trusted(trusted_ca_files);
}

void Certificates::load_trusted(const std::vector<std::string>& files) {
  for (const std::string& file : files) load_trusted_file(file);
  std::vector<fs::path> added;
  for (const auto& entry : fs::directory_iterator(directory_ / "trusted")) {
    if (entry.path().extension() == ".crt") added.push_back(entry.path());
  }
  std::sort(added.begin(), added.end());
  for (const fs::path& file : added) load_trusted_file(file);
}

void Certificates::load_trusted_file(const fs::path& file) {
  std::string pem = required(pki::load(file), fmt::format("{} cannot be read", file.string()));
  required(pki::read_common_name(pem), fmt::format("{} is not a CA to trust", file.string()));
  trusted_.push_back({file.string(), std::move(pem)});
}

net::TlsServerConfig Certificates::tls() const {
  net::TlsServerConfig config;
  config.certificate_chain = hub_.certificate;
  config.private_key = hub_.private_key;
  config.ca_pool.push_back(authority_.certificate);
  for (const Trusted& trusted : trusted_) config.ca_pool.push_back(trusted.pem);
  return config;
}

Result<pki::Credential> Certificates::issue_device(const DeviceId& device, Time now) const {
  return pki::issue_device(authority_, device.text(), validity(now, certificate_lifetime));
}

Result<std::string> Certificates::trust(const std::string& pem) {
  auto name = pki::read_common_name(pem);
  if (!name) return name;
  const fs::path file = directory_ / "trusted" / (random_uuid() + ".crt");
  const bool is_known =
      std::any_of(trusted_.begin(), trusted_.end(), [&](const Trusted& t) { return t.pem == pem; });
  if (is_known) return name;
  if (const auto saved = pki::save(file, pem); !saved) return saved.error();
  trusted_.push_back({file.string(), pem});
  return name;
}

std::vector<KeptCertificate> Certificates::list() const {
  std::vector<KeptCertificate> all{
      kept((directory_ / "ca.crt").string(), authority_.certificate, "authority"),
      kept((directory_ / "hub.crt").string(), hub_.certificate, "hub")};
  for (const Trusted& trusted : trusted_) all.push_back(kept(trusted.file, trusted.pem, "trusted"));
  return all;
}

}  // namespace ocf::server
