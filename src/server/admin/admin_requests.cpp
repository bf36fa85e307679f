#include "server/admin/admin_requests.hpp"

#include "http/refusal_json.hpp"
#include "net/endpoint.hpp"
#include "pki/error.hpp"
#include "server/admin/admin_socket.hpp"
#include "server/tenant.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace ocf::server {

namespace json = boost::json;

namespace {

constexpr std::size_t owner_bytes_max = 128;
constexpr std::size_t latest_refusals_max = 50;
constexpr std::chrono::seconds reading_time_max = std::chrono::hours(24);

std::string_view text_of(const json::object& request, std::string_view name) {
  const json::value* value = request.if_contains(name);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

// What is wrong with an owner's name; empty: nothing.
std::string complaint_about_owner(std::string_view owner) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (owner.empty()) return "an owner needs a name";
  if (owner.size() > owner_bytes_max)
    return fmt::format("an owner's name has at most {} bytes", owner_bytes_max);
  for (const char c : owner) {
    if (is_control(static_cast<unsigned char>(c))) return "an owner's name has no control characters";
  }
  return "";
}

// How to name a certificate instead.
std::string_view what_to_name(const Error& error) {
  if (error == pki::PkiError::malformed_serial)
    return "; name a device id, which is a UUID, a serial, or a certificate's file";
  if (error == pki::PkiError::never_issued) return "; name its serial, or its file";
  if (error == pki::PkiError::foreign_certificate)
    return "; the list of that CA has to name it (tls.crl_files)";
  return "";
}

// Of "192.0.2.7", "::1", "192.0.2.7:40112" or "[::1]:40112"; nullopt: of nothing like that.
std::optional<std::string> address_in(const std::string& text) {
  boost::system::error_code malformed;
  const auto address = boost::asio::ip::make_address(text, malformed);
  if (!malformed) return address.to_string();
  const auto endpoint = net::parse_endpoint(text);
  if (!endpoint) return std::nullopt;
  return endpoint->address().to_string();
}

// The texts of an array in an answer, or of one field of its objects.
std::string joined(const json::object& answer, std::string_view name, std::string_view field) {
  std::string text;
  for (const json::value& item : answer.at(name).as_array()) {
    const json::string& one = field.empty() ? item.as_string() : item.at(field).as_string();
    text += (text.empty() ? "" : ", ") + std::string(one);
  }
  return text;
}

// A token that a command needs for itself, to read, and shows nobody.
bool is_for_reading(const json::object& request) { return text_of(request, "for") == "reading"; }

// Of a drain; 0: none that makes sense.
unsigned rate_of(const json::object& request) {
  const json::value* rate = request.if_contains("rate");
  boost::system::error_code impossible;
  const unsigned per_second = rate ? rate->to_number<unsigned>(impossible) : 0;
  return impossible ? 0 : per_second;
}

}  // namespace

account::AdministrativeAct Reloaded::act() const {
  std::string about;
  for (const ConfigChange& change : changes) about += (about.empty() ? "" : ", ") + change.key;
  for (const CertificateChange& change : certificates) about += (about.empty() ? "" : ", ") + change.file;
  return account::AdministrativeAct(account::Act::configuration_reloaded, std::move(about));
}

std::string HubAddresses::text() const {
  std::string text;
  if (coap_tcp) text += " coap-tcp=" + coap_tcp->text();
  if (coap_tls) text += " coap-tls=" + coap_tls->text();
  if (http) text += " http=" + http->text();
  if (admin) text += " admin=" + admin->text();
  return text;
}

AdminRequests::AdminRequests(Parts parts) : parts_(std::move(parts)) {}

net::awaitable<json::object> AdminRequests::answer(json::object request, std::string by) {
  const std::string verb(text_of(request, "verb"));
  json::object asked = request;
  json::object answer = co_await carry_out(verb, std::move(request));
  auto act = act_of(verb, asked, answer);
  if (act) co_await parts_.record(std::move(by), std::move(*act));
  co_return answer;
}

std::optional<account::AdministrativeAct> AdminRequests::act_of(std::string_view verb,
                                                                const json::object& request,
                                                                const json::object& answer) {
  using account::Act;
  using account::AdministrativeAct;
  if (answer.contains("error")) return std::nullopt;
  const std::string owner(text_of(request, "owner"));
  if (verb == "token" && !is_for_reading(request)) return AdministrativeAct{Act::token_issued, owner};
  if (verb == "onboard") return AdministrativeAct{Act::code_issued, owner};
  if (verb == "pki_device")
    return AdministrativeAct{Act::certificate_issued, std::string(text_of(request, "di"))};
  if (verb == "pki_trust")
    return AdministrativeAct{Act::authority_trusted, std::string(text_of(answer, "common_name"))};
  if (verb == "pki_revoke")
    return AdministrativeAct{Act::certificates_revoked, joined(answer, "serials", "")};
  if (verb == "reload") {
    const std::string keys = joined(answer, "changes", "key");
    const std::string files = joined(answer, "certificates", "file");
    return AdministrativeAct{Act::configuration_reloaded,
                             keys + (keys.empty() || files.empty() ? "" : ", ") + files};
  }
  if (verb == "drain") {
    // Who watches it asks again, for the same.
    const unsigned rate = rate_of(request);
    if (std::exchange(drain_rate_, rate) == rate) return std::nullopt;
    return AdministrativeAct{Act::drain_begun, std::to_string(rate)};
  }
  return std::nullopt;
}

std::string AdminRequests::read_filter(const json::object& request, cloud::AuditFilter& filter) const {
  constexpr std::size_t limit_max = 5'000;
  filter.by = text_of(request, "by");
  filter.type = text_of(request, "type");
  if (!filter.type.empty() && !cloud::is_act_type(filter.type))
    return "no act is called '" + filter.type + "'";
  for (const auto& [name, point] : {std::pair("since", &filter.since), std::pair("until", &filter.until)}) {
    const std::string_view text = text_of(request, name);
    if (text.empty()) continue;
    auto parsed = parts_.point(text);
    if (!parsed) return fmt::format("{} '{}': {}", name, text, parsed.error().message());
    *point = std::move(*parsed);
  }
  const json::value* limit = request.if_contains("limit");
  boost::system::error_code malformed;
  if (limit != nullptr) filter.limit = limit->to_number<std::size_t>(malformed);
  if (malformed || filter.limit == 0 || filter.limit > limit_max)
    return fmt::format("a limit of acts is a number from 1 to {}", limit_max);
  return "";
}

net::awaitable<json::object> AdminRequests::administration(json::object request) const {
  cloud::AuditFilter filter;
  const std::string complaint = read_filter(request, filter);
  if (!complaint.empty()) co_return refusal(complaint, "usage");
  const auto recorded = co_await parts_.administration(std::move(filter));
  if (!recorded) co_return refusal("the acts cannot be read: " + recorded.error().message());
  json::array acts;
  for (const es::RecordedEvent& event : *recorded) {
    const auto act = account::Administration::decode(event);
    const std::string about = act && *act ? std::get<account::AdministrativeAct>(**act).about : std::string();
    acts.push_back(json::object{{"time", to_rfc3339(event.event.time)},
                                {"principal", event.event.audit.principal},
                                {"type", event.event.type},
                                {"about", about}});
  }
  json::object answer{{"acts", std::move(acts)}};
  co_return answer;
}

net::awaitable<json::object> AdminRequests::carry_out(std::string verb, json::object request) {
  if (verb == "status") co_return status();
  if (verb == "token") co_return token(request);
  if (verb == "onboard") co_return co_await onboard(std::move(request));
  if (verb == "pki_device") co_return pki_device(request);
  if (verb == "pki_trust") co_return pki_trust(request);
  if (verb == "pki_list") co_return pki_list();
  if (verb == "pki_revoke") co_return pki_revoke(request);
  if (verb == "reload") co_return reload();
  if (verb == "drain") co_return drain(request);
  if (verb == "top") co_return parts_.top();
  if (verb == "checkpoint") co_return co_await checkpoint();
  if (verb == "why") co_return why(request);
  if (verb == "administration") co_return co_await administration(std::move(request));
  if (verb == "log") co_return co_await parts_.log.read(std::move(request));
  if (verb == "log_end") co_return parts_.log.end();
  if (verb == "dump") co_return parts_.log.dump(request);
  co_return refusal(fmt::format("this hub knows no command '{}'", verb), "usage");
}

json::object AdminRequests::status() const {
  const HubAddresses addresses = parts_.addresses();
  json::object answer{{"sid", parts_.sid}, {"cis", addresses.cis}};
  if (addresses.coap_tcp) answer["coap_tcp"] = addresses.coap_tcp->text();
  if (addresses.coap_tls) answer["coap_tls"] = addresses.coap_tls->text();
  if (addresses.http) answer["http"] = addresses.http->text();
  if (addresses.admin) answer["admin"] = addresses.admin->text();
  return answer;
}

json::object AdminRequests::token(const json::object& request) const {
  const std::string owner(text_of(request, "owner"));
  if (const std::string complaint = complaint_about_owner(owner); !complaint.empty())
    return refusal(complaint, "usage");
  const auto lifetime = is_for_reading(request)
                            ? std::min(parts_.config.user_token_lifetime, reading_time_max)
                            : parts_.config.user_token_lifetime;
  return {{"token", parts_.authorization.issue_user_token(default_tenant(), account::Owner(owner), lifetime,
                                                          parts_.now())}};
}

net::awaitable<json::object> AdminRequests::onboard(json::object request) {
  const std::string owner(text_of(request, "owner"));
  if (const std::string complaint = complaint_about_owner(owner); !complaint.empty())
    co_return refusal(complaint, "usage");
  const std::string cis = parts_.addresses().cis;
  if (cis.empty()) co_return refusal("this hub listens for no devices: both CoAP listeners are off");
  const auto code =
      co_await parts_.authorization.issue_code(default_tenant(), account::Owner(owner), parts_.now());
  if (!code) co_return refusal("no code could be issued: " + code.error().message());
  json::object answer{{"code", *code},
                      {"authprovider", parts_.config.provider},
                      {"cis", cis},
                      {"sid", parts_.sid},
                      {"ca", parts_.certificates.authority()}};
  co_return answer;
}

json::object AdminRequests::pki_device(const json::object& request) const {
  const auto device = DeviceId::parse(text_of(request, "di"));
  if (!device) return refusal("a device id is a UUID, such as 8f3c1a52-1f52-4d3a-9a52-0123456789ab", "usage");
  const auto issued = parts_.certificates.issue_device(*device, parts_.now());
  if (!issued) return refusal("no certificate could be issued: " + issued.error().message());
  return {{"certificate", issued->certificate}, {"private_key", issued->private_key}};
}

json::object AdminRequests::pki_trust(const json::object& request) {
  const auto name = parts_.certificates.trust(std::string(text_of(request, "certificate")));
  if (!name) return refusal("this CA cannot be trusted: " + name.error().message());
  if (const auto reloaded = parts_.put_in_force(); !reloaded) {
    return refusal("the CA is kept, but not trusted yet: " + reloaded.error().message());
  }
  return {{"common_name", *name}};
}

json::object AdminRequests::pki_list() const {
  json::array certificates;
  for (const KeptCertificate& kept : parts_.certificates.list()) {
    certificates.push_back(
        json::object{{"file", kept.file}, {"common_name", kept.common_name}, {"role", kept.role}});
  }
  return {{"certificates", std::move(certificates)}};
}

json::object AdminRequests::pki_revoke(const json::object& request) {
  const auto serials = parts_.certificates.revoke(std::string(text_of(request, "certificate")), parts_.now());
  if (!serials) {
    const bool is_usage = serials.error() == pki::PkiError::malformed_serial;
    const bool is_unknown = serials.error() == pki::PkiError::never_issued;
    return refusal(
        fmt::format("nothing was revoked: {}{}", serials.error().message(), what_to_name(serials.error())),
        is_usage     ? "usage"
        : is_unknown ? "not_found"
                     : "failed");
  }
  const auto closed = parts_.put_in_force();
  if (!closed) return refusal("the revocation is kept, but not in force yet: " + closed.error().message());
  json::array revoked;
  for (const std::string& serial : *serials) revoked.emplace_back(serial);
  return {{"serials", std::move(revoked)}, {"closed", *closed}};
}

json::object AdminRequests::reload() {
  try {
    const Reloaded reloaded = parts_.reload();
    json::array changes;
    for (const ConfigChange& change : reloaded.changes) {
      changes.push_back(json::object{{"key", change.key},
                                     {"from", change.from},
                                     {"to", change.to},
                                     {"needs_restart", change.needs_restart}});
    }
    json::array certificates;
    for (const CertificateChange& change : reloaded.certificates) {
      certificates.push_back(json::object{{"file", change.file},
                                          {"role", change.role},
                                          {"from", change.from},
                                          {"to", change.to},
                                          {"text", change.text()}});
    }
    json::array warnings;
    for (const std::string& warning : parts_.certificates.warnings()) warnings.emplace_back(warning);
    return {{"changes", std::move(changes)},
            {"certificates", std::move(certificates)},
            {"closed", reloaded.closed},
            {"warnings", std::move(warnings)}};
  } catch (const std::runtime_error& e) {
    return refusal(fmt::format("everything stays as it was: {}", e.what()));
  }
}

json::object AdminRequests::drain(const json::object& request) const {
  const unsigned per_second = rate_of(request);
  if (per_second == 0) return refusal("the rate is a number of connections per second, from 1 on", "usage");
  return {{"connections", parts_.drain(per_second)}};
}

net::awaitable<json::object> AdminRequests::checkpoint() {
  if (!parts_.checkpoint) co_return refusal("this hub makes no backups");
  const auto name = co_await parts_.checkpoint();
  if (!name) co_return refusal("no copy of the store could be made: " + name.error().message());
  json::object answer{{"checkpoint", *name}};
  co_return answer;
}

json::object AdminRequests::why(const json::object& request) const {
  const std::string about(text_of(request, "about"));
  std::vector<device::Refusal> found;
  if (about.empty()) {
    found = parts_.refusals.latest(latest_refusals_max);
  } else if (const auto device = DeviceId::parse(about)) {
    found = parts_.refusals.of_device(*device);
  } else if (const auto address = address_in(about)) {
    found = parts_.refusals.of_address(*address);
  } else {
    return refusal(fmt::format("'{}' is neither a device id, which is a UUID, nor an IP address", about),
                   "usage");
  }
  return json::parse(http::refusals_document(found)).as_object();
}

}  // namespace ocf::server
