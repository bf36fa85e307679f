#include "server/certificate_changes.hpp"

#include "pki/revocations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace ocf::server {
namespace {

// A text may hold several certificates.
std::string certificates_in(std::string_view pem) {
  constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
  std::string held;
  for (auto at = pem.find(begin); at != std::string_view::npos; at = pem.find(begin, at + 1)) {
    const std::string_view rest = pem.substr(at);
    const auto name = pki::read_common_name(rest);
    const auto serial = pki::read_serial(rest);
    const auto expiry = pki::read_expiry(rest);
    held += fmt::format("{}'{}', serial {}, until {}", held.empty() ? "" : "; ", name ? *name : "",
                        serial ? *serial : "unknown", expiry ? to_rfc3339(*expiry) : "unknown");
  }
  return held;
}

std::string lists_in(const std::string& pem) {
  const auto lists = pki::read_revocation_lists(pem, {});
  if (!lists) return lists.error().message();
  std::string held;
  for (const pki::RevocationList& list : *lists) {
    held +=
        fmt::format("{}list of '{}', {} revoked, the next one by {}", held.empty() ? "" : "; ", list.issuer,
                    list.serials.size(), list.next_update ? to_rfc3339(*list.next_update) : "no time");
  }
  return held;
}

std::string held_by(const KeptCertificate& kept) {
  return kept.role == "crl" ? lists_in(kept.pem) : certificates_in(kept.pem);
}

const KeptCertificate* same_file(const std::vector<KeptCertificate>& all, const KeptCertificate& wanted) {
  const auto found = std::find_if(all.begin(), all.end(), [&wanted](const KeptCertificate& one) {
    return one.file == wanted.file && one.role == wanted.role;
  });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::string CertificateChange::text() const {
  if (from.empty()) return fmt::format("added {} ({}): {}", file, role, to);
  if (to.empty()) return fmt::format("removed {} ({}): {}", file, role, from);
  return fmt::format("{} ({}): {} -> {}", file, role, from, to);
}

std::vector<CertificateChange> changes(const Certificates& running, const Certificates& read) {
  const std::vector<KeptCertificate> before = running.list();
  const std::vector<KeptCertificate> after = read.list();
  std::vector<CertificateChange> found;
  for (const KeptCertificate& now : after) {
    const KeptCertificate* const old = same_file(before, now);
    if (old && old->pem == now.pem) continue;
    found.push_back({now.file, now.role, old ? held_by(*old) : "", held_by(now)});
  }
  for (const KeptCertificate& old : before) {
    if (!same_file(after, old)) found.push_back({old.file, old.role, held_by(old), ""});
  }
  return found;
}

}  // namespace ocf::server
