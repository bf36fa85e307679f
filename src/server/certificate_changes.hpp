// What differs between the certificates that a hub runs with and those that it reads anew.
#pragma once

#include "server/certificates.hpp"

#include <string>
#include <vector>

namespace ocf::server {

struct CertificateChange {
  std::string file;
  std::string role;      // as KeptCertificate has it
  std::string from, to;  // what it holds, for people; empty: it is not there

  std::string text()
      const;  // "hub.crt (hub): 'uuid:…', serial 0a1b, until 2027-… -> …", "added x.crt (trusted): …"
};

// In the order of their lists, what is gone at the end; empty: they are the same.
std::vector<CertificateChange> changes(const Certificates& running, const Certificates& read);

}  // namespace ocf::server
