#include "server/certificates.hpp"

#include "base/random.hpp"
#include "pki/key_file.hpp"
#include "pki/revocations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace ocf::server {

namespace fs = std::filesystem;

namespace {

// In the directory: a line for each certificate, serial, device id and time.
constexpr const char* issued_name = "issued";

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

// Unless one is there already. One file without the other is a mistake to be told: whoever replaces the hub's
// certificate by their own has to see it.
void make_if_missing(const fs::path& stem, const std::function<Result<pki::Credential>()>& issue) {
  const fs::path certificate = stem.string() + ".crt";
  const fs::path key = stem.string() + ".key";
  if (fs::exists(certificate) || fs::exists(key)) return;
  const pki::Credential issued = required(issue(), fmt::format("{} cannot be issued", certificate.string()));
  required(pki::save(key, issued.private_key), fmt::format("{} cannot be written", key.string()));
  required(pki::save(certificate, issued.certificate),
           fmt::format("{} cannot be written", certificate.string()));
}

// `credential:hub.key` is a file of the service manager's, which nobody but the hub can read.
std::string file_named(const std::string& name) {
  constexpr std::string_view prefix = "credential:";
  if (!name.starts_with(prefix)) return name;
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): nobody sets
  if (!directory)
    throw std::runtime_error(fmt::format("{}: there is no service manager that gives it", name));
  return fs::path(directory) / name.substr(prefix.size());
}

// Of a CA to trust. A text may hold several, and TLS refuses the whole pool for one that it cannot use: it is
// asked.
Result<std::string> name_of_authority(const std::string& pem) {
  auto name = pki::read_common_name(pem);
  if (!name) return name;
  net::TlsClientConfig config;
  config.ca_pool.push_back(pem);
  const auto usable = net::TlsClientContext::create(config);
  if (!usable) return usable.error();
  return name;
}

pki::Credential load_credential(const std::string& certificate, const std::string& key) {
  pki::Credential loaded;
  loaded.certificate = required(pki::load(certificate), fmt::format("{} cannot be read", certificate));
  loaded.private_key = required(pki::load(key), fmt::format("{} cannot be read", key));
  required(pki::read_common_name(loaded.certificate), certificate);
  return loaded;
}

pki::Credential load_credential(const fs::path& stem) {
  return load_credential(stem.string() + ".crt", stem.string() + ".key");
}

KeptCertificate kept(std::string file, const std::string& pem, std::string role) {
  const auto name = pki::read_common_name(pem);
  return {std::move(file), name ? *name : "", std::move(role), pem};
}

}  // namespace

Certificates::Certificates(fs::path directory, const std::string& sid, TlsConfig settings, Time now)
    : directory_(std::move(directory)), settings_(std::move(settings)) {
  make_if_missing(directory_ / "ca", [&] {
    return pki::create_authority("ocf-cloud " + sid, validity(now, authority_lifetime));
  });
  authority_ = load_credential(directory_ / "ca");
  make_if_missing(directory_ / "hub",
                  [&] { return pki::issue_hub(authority_, sid, validity(now, certificate_lifetime)); });
  load(now);
}

Certificates Certificates::read_again(TlsConfig settings, Time now) const {
  Certificates read(*this);
  read.settings_ = std::move(settings);
  read.load(now);
  return read;
}

void Certificates::load(Time now) {
  authority_ = load_credential(directory_ / "ca");
  hub_ = load_hub();
  trusted_.clear();
  lists_.clear();
  warnings_.clear();
  load_trusted();
  if (fs::exists(own_list())) load_list(own_list(), now);
  for (const std::string& file : settings_.crl_files) load_list(file, now);
}

pki::Credential Certificates::load_hub() const {
  const bool is_own = settings_.certificate_file.empty();
  if (is_own != settings_.key_file.empty())
    throw std::runtime_error("tls.certificate_file and tls.key_file go together: one of them is missing");
  if (is_own) return load_credential(directory_ / "hub");
  return load_credential(file_named(settings_.certificate_file), file_named(settings_.key_file));
}

void Certificates::load_trusted() {
  for (const std::string& file : settings_.trusted_ca_files) load_trusted_file(file);
  std::vector<fs::path> added;
  for (const auto& entry : fs::directory_iterator(directory_ / "trusted")) {
    if (entry.path().extension() == ".crt") added.push_back(entry.path());
  }
  std::sort(added.begin(), added.end());
  for (const fs::path& file : added) load_trusted_file(file);
}

void Certificates::load_trusted_file(const fs::path& file) {
  std::string pem = required(pki::load(file), fmt::format("{} cannot be read", file.string()));
  required(name_of_authority(pem), fmt::format("{} is not a CA to trust", file.string()));
  trusted_.push_back({file.string(), std::move(pem)});
}

void Certificates::load_list(const fs::path& file, Time now) {
  std::string pem = required(pki::load(file), fmt::format("{} cannot be read", file.string()));
  const auto lists = required(pki::read_revocation_lists(pem, ca_pool()),
                              fmt::format("{} is not a list that can be used", file.string()));
  for (const pki::RevocationList& list : lists) {
    if (list.next_update && *list.next_update < now) {
      warnings_.push_back(
          fmt::format("{}: the list of '{}' is out of date since {}; it still counts: fetch the next one",
                      file.string(), list.issuer, to_rfc3339(*list.next_update)));
    }
    if (!list.is_verified) {
      warnings_.push_back(
          fmt::format("{}: no CA named '{}' is trusted; its list counts where a device sends that CA as an "
                      "intermediate",
                      file.string(), list.issuer));
    }
  }
  lists_.push_back({file.string(), std::move(pem)});
}

std::vector<std::string> Certificates::ca_pool() const {
  std::vector<std::string> pool{authority_.certificate};
  for (const File& trusted : trusted_) pool.push_back(trusted.pem);
  return pool;
}

net::TlsServerConfig Certificates::tls() const {
  net::TlsServerConfig config;
  config.certificate_chain = hub_.certificate;
  config.private_key = hub_.private_key;
  config.ca_pool = ca_pool();
  for (const File& list : lists_) config.crls.push_back(list.pem);
  config.client_certificate = settings_.client_certificate;
  return config;
}

Result<pki::Credential> Certificates::issue_device(const DeviceId& device, Time now) const {
  auto issued = pki::issue_device(authority_, device.text(), validity(now, certificate_lifetime));
  if (!issued) return issued;
  const auto serial = pki::read_serial(issued->certificate);
  if (!serial) return serial.error();
  // Before it is given out: what is not known here could not be revoked by the device's id.
  const auto kept = pki::append_line(directory_ / issued_name,
                                     fmt::format("{} {} {}", *serial, device.text(), to_rfc3339(now)));
  if (!kept) return kept.error();
  return issued;
}

Result<std::vector<std::string>> Certificates::revoke(const std::string& what, Time now) {
  auto serials = serials_of(what);
  if (!serials) return serials;
  const auto is_own = [this](const File& list) { return list.path == own_list().string(); };
  const auto own = std::find_if(lists_.begin(), lists_.end(), is_own);
  auto list = pki::revoke(authority_, own == lists_.end() ? "" : own->pem, *serials, now);
  if (!list) return list.error();
  if (const auto saved = pki::save(own_list(), *list); !saved) return saved.error();
  if (own == lists_.end()) {
    lists_.push_back({own_list().string(), std::move(*list)});
  } else {
    own->pem = std::move(*list);
  }
  return serials;
}

Result<std::vector<std::string>> Certificates::serials_of(const std::string& what) const {
  if (const auto device = DeviceId::parse(what)) {
    std::vector<std::string> serials = serials_issued_for(*device);
    if (serials.empty()) return pki::PkiError::never_issued;
    return serials;
  }
  const auto serial = what.find("-----BEGIN") == std::string::npos ? pki::parse_serial(what)
                                                                   : pki::serial_of_issued(authority_, what);
  if (!serial) return serial.error();
  return std::vector<std::string>{*serial};
}

std::vector<std::string> Certificates::serials_issued_for(const DeviceId& device) const {
  std::vector<std::string> serials;
  std::ifstream file(directory_ / issued_name);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string serial;
    std::string id;
    if (words >> serial >> id && id == device.text()) serials.push_back(serial);
  }
  return serials;
}

Result<std::string> Certificates::trust(const std::string& pem) {
  auto name = name_of_authority(pem);
  if (!name) return name;
  const fs::path file = directory_ / "trusted" / (random_uuid() + ".crt");
  const bool is_known =
      std::any_of(trusted_.begin(), trusted_.end(), [&](const File& t) { return t.pem == pem; });
  if (is_known) return name;
  if (const auto saved = pki::save(file, pem); !saved) return saved.error();
  trusted_.push_back({file.string(), pem});
  return name;
}

Time Certificates::expiry() const {
  const auto ends = pki::read_expiry(hub_.certificate);
  return ends ? *ends : Time::max();  // one that cannot be read is not used either
}

std::vector<KeptCertificate> Certificates::list() const {
  const std::string& named = settings_.certificate_file;
  std::vector<KeptCertificate> all{
      kept((directory_ / "ca.crt").string(), authority_.certificate, "authority"),
      kept(named.empty() ? (directory_ / "hub.crt").string() : named, hub_.certificate, "hub")};
  for (const File& trusted : trusted_) all.push_back(kept(trusted.path, trusted.pem, "trusted"));
  for (const File& list : lists_) {
    const auto read = pki::read_revocation_lists(list.pem, {});
    all.push_back({list.path, read ? read->front().issuer : "", "crl", list.pem});
  }
  return all;
}

}  // namespace ocf::server
