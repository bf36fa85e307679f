// What the hub does for the commands on its socket. Each request is {"verb": …}, each answer an object, or
// {"error": sentence, "exit": "failed" | "usage" | "not_found"}.
//
//   verb        request           answer
//   status                        sid, cis, coap_tcp, coap_tls, http, admin (what there is)
//   token       owner, for?       token; for "reading": of a command that changes nothing, for a day at most
//   onboard     owner             code, authprovider, cis, sid, ca
//   pki_device  di                certificate, private_key (PEM)
//   pki_trust   certificate       common_name
//   pki_list                      certificates: [{file, common_name, role}]
//   pki_revoke  certificate       serials, closed (connections): by device id, serial or PEM text
//   reload                        changes: [{key, from, to, needs_restart}], closed (connections), warnings,
//                                 certificates: [{file, role, from, to, text}]
//   drain       rate              connections: how many have to go yet, from now on `rate` per second
//   top                           as in top.hpp
//   checkpoint                    checkpoint: the name of a copy of the store in the data directory, which
//                                 whoever asked removes
//   why         about             refusals: of a device or an address (a port is ignored), or of anybody
//   log, log_end, dump            as in log_requests.hpp
//   administration  by, type, since, until, limit (all optional)
//                                 acts: [{time, principal, type, about}], newest first
//
// What these did is kept as an act (account/administration.hpp), but for what only reads.
#pragma once

#include "account/administration.hpp"
#include "auth_builtin/builtin_authorization.hpp"
#include "base/time.hpp"
#include "cloud/audit.hpp"
#include "cloud/refusals.hpp"
#include "net/gate.hpp"
#include "server/admin/log_requests.hpp"
#include "server/certificate_changes.hpp"
#include "server/certificates.hpp"
#include "server/config/config.hpp"
#include "server/config/config_changes.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocf::server {

// Where a running hub is found: listeners with the ports that the system chose.
struct HubAddresses {
  std::optional<Address> coap_tcp;
  std::optional<Address> coap_tls;
  std::optional<Address> http;
  std::optional<Address> admin;
  std::string cis;  // the URI that devices get, "coaps+tcp://cloud.example.com:5684"; empty without CoAP

  std::string text() const;  // " coap-tcp=127.0.0.1:41001 http=127.0.0.1:41003": those that there are
};

// What came of reading the configuration and the certificates anew.
struct Reloaded {
  std::vector<ConfigChange> changes;
  std::vector<CertificateChange> certificates;
  std::size_t closed = 0;  // connections, whose certificates are revoked

  // As it is kept: about the keys and files that differed.
  account::AdministrativeAct act() const;
};

// Lives on the hub's shard, as everything it refers to.
class AdminRequests {
 public:
  struct Parts {
    auth_builtin::BuiltinAuthorization& authorization;
    Certificates& certificates;
    const cloud::Refusals& refusals;
    const AuthorizationConfig& config;
    std::string sid;
    std::function<HubAddresses()> addresses;
    // After a CA was trusted or a certificate revoked; how many connections that closed.
    std::function<Result<std::size_t>()> put_in_force;
    // Reads configuration and certificates anew. Throws std::runtime_error with a sentence, and changes
    // nothing then.
    std::function<Reloaded()> reload;
    // See gateway::Gateway::drain.
    std::function<std::size_t(unsigned rate)> drain;
    // See top.hpp.
    std::function<boost::json::object()> top;
    // See cloud::Cloud::record and administration.
    std::function<net::awaitable<void>(std::string by, account::AdministrativeAct act)> record;
    std::function<net::awaitable<Result<std::vector<es::RecordedEvent>>>(cloud::AuditFilter filter)>
        administration;
    // See cloud::Cloud::point.
    std::function<Result<cloud::Point>(std::string_view text)> point;
    std::function<Time()> now;
    LogRequests log;
    // Makes a copy of the store in the data directory; its name there.
    std::function<net::awaitable<Result<std::string>>()> checkpoint = nullptr;
  };
  explicit AdminRequests(Parts parts);

  // `by`: who asks, for the record.
  net::awaitable<boost::json::object> answer(boost::json::object request, std::string by = "system");

 private:
  net::awaitable<boost::json::object> carry_out(std::string verb, boost::json::object request);
  // What a request did; nullopt: nothing that is kept.
  std::optional<account::AdministrativeAct> act_of(std::string_view verb, const boost::json::object& request,
                                                   const boost::json::object& answer);
  net::awaitable<boost::json::object> administration(boost::json::object request) const;
  // What is wrong with it; empty: nothing.
  std::string read_filter(const boost::json::object& request, cloud::AuditFilter& filter) const;
  boost::json::object status() const;
  boost::json::object token(const boost::json::object& request) const;
  net::awaitable<boost::json::object> onboard(boost::json::object request);
  boost::json::object pki_device(const boost::json::object& request) const;
  boost::json::object pki_trust(const boost::json::object& request);
  boost::json::object pki_list() const;
  boost::json::object pki_revoke(const boost::json::object& request);
  boost::json::object reload();
  boost::json::object drain(const boost::json::object& request) const;
  net::awaitable<boost::json::object> checkpoint();
  boost::json::object why(const boost::json::object& request) const;

  Parts parts_;
  unsigned drain_rate_ = 0;  // as it was asked for last; 0: it was not
};

}  // namespace ocf::server
