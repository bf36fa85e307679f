#include "server/config/config_keys.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <limits>
#include <utility>

namespace ocf::server {
namespace {

using std::chrono::seconds;

// -- Values as YAML

std::string quoted_where_needed(const std::string& text) {
  YAML::Emitter out;
  out << text;
  return out.c_str();
}

// Reads a scalar with `set`; whatever else stands there is refused.
using SetText = std::function<std::string(const std::string&)>;
std::function<std::string(const YAML::Node&)> scalar(SetText set) {
  return [set = std::move(set)](const YAML::Node& node) -> std::string {
    if (node.IsMap()) return "expects one value, not keys below it";
    if (node.IsSequence()) return "expects one value, not a list";
    if (!node.IsScalar()) return "has no value";
    return set(node.Scalar());
  };
}

// -- Kinds of keys

ConfigKey address(std::string name, std::optional<Address>& value, std::string absent,
                  std::string (*complain)(const Address&), std::string comment) {
  return {std::move(name), std::move(comment),
          [&value, absent] { return value ? quoted_where_needed(value->text()) : absent; },
          scalar([&value, absent, complain](const std::string& text) -> std::string {
            if (text == absent) return value.reset(), "";
            const auto parsed = parse_address(text);
            if (!parsed)
              return fmt::format("'{}' is neither an address and port, such as 127.0.0.1:5684, nor '{}'",
                                 text, absent);
            if (const std::string complaint = complain(*parsed); !complaint.empty()) {
              return fmt::format("'{}' {}", text, complaint);
            }
            value = parsed;
            return "";
          })};
}

ConfigKey text(std::string name, std::string& value, std::string comment) {
  return {std::move(name), std::move(comment), [&value] { return quoted_where_needed(value); },
          scalar([&value](const std::string& given) -> std::string {
            if (given.empty()) return "must not be empty";
            value = given;
            return "";
          })};
}

ConfigKey path(std::string name, std::filesystem::path& value, std::string comment) {
  return {std::move(name), std::move(comment), [&value] { return quoted_where_needed(value.string()); },
          scalar([&value](const std::string& given) -> std::string {
            if (given.empty()) return "must not be empty";
            value = given;
            return "";
          })};
}

// An HTTP URL with an IP address, a port and nothing else, or `off` for an empty value.
ConfigKey url_or_off(std::string name, std::string& value, std::string comment) {
  return {std::move(name), std::move(comment), [&value] { return value.empty() ? "off" : value; },
          scalar([&value](const std::string& given) -> std::string {
            constexpr std::string_view scheme = "http://";
            if (given == "off") return value.clear(), "";
            const auto address =
                given.starts_with(scheme) ? parse_address(given.substr(scheme.size())) : std::nullopt;
            if (!address || !complaint_about_listener(*address).empty() || address->port == 0)
              return fmt::format("'{}' is neither like http://127.0.0.1:4318, nor 'off'", given);
            value = given;
            return "";
          })};
}

// A file, or `auto` for an empty value.
ConfigKey file_or_auto(std::string name, std::string& value, std::string comment) {
  return {std::move(name), std::move(comment),
          [&value] { return value.empty() ? "auto" : quoted_where_needed(value); },
          scalar([&value](const std::string& given) -> std::string {
            if (given.empty()) return "must not be empty";
            value = given == "auto" ? "" : given;
            return "";
          })};
}

ConfigKey texts(std::string name, std::vector<std::string>& value, std::string comment) {
  const auto print = [&value] {
    YAML::Emitter out;
    out << YAML::Flow << value;
    return std::string(out.c_str());
  };
  const auto set = [&value](const YAML::Node& node) -> std::string {
    if (!node.IsSequence()) return "expects a list, such as [first.pem, second.pem]";
    std::vector<std::string> given;
    for (const YAML::Node& item : node) {
      if (!item.IsScalar() || item.Scalar().empty()) return "expects a list of texts";
      given.push_back(item.Scalar());
    }
    value = std::move(given);
    return "";
  };
  return {std::move(name), std::move(comment), print, set};
}

// One of a few words.
template <class Enum>
ConfigKey choice(std::string name, Enum& value, std::vector<std::pair<std::string, Enum>> words,
                 std::string comment) {
  const auto print = [&value, words] {
    for (const auto& [word, meaning] : words) {
      if (meaning == value) return word;
    }
    return std::string();
  };
  const auto set = [&value, words](const std::string& given) -> std::string {
    std::string known;
    for (const auto& [word, meaning] : words) {
      if (word == given) return value = meaning, "";
      known += (known.empty() ? "'" : " nor '") + word + "'";
    }
    return fmt::format("'{}' is neither {}", given, known);
  };
  return {std::move(name), std::move(comment), print, scalar(set)};
}

ConfigKey time(std::string name, seconds& value, seconds min, seconds max, std::string comment) {
  return {std::move(name), std::move(comment), [&value] { return duration_text(value); },
          scalar([&value, min, max](const std::string& given) -> std::string {
            const auto parsed = parse_duration(given);
            if (!parsed) return fmt::format("'{}' is not a duration, such as 15s, 2m or 1h", given);
            const auto whole = std::chrono::floor<seconds>(*parsed);
            if (whole != *parsed) return fmt::format("'{}' is not a whole number of seconds", given);
            if (whole < min || whole > max) {
              return fmt::format("'{}' is not between {} and {}", given, duration_text(min),
                                 duration_text(max));
            }
            value = whole;
            return "";
          })};
}

ConfigKey bytes(std::string name, std::size_t& value, std::size_t min, std::size_t max, std::string comment) {
  return {std::move(name), std::move(comment), [&value] { return size_text(value); },
          scalar([&value, min, max](const std::string& given) -> std::string {
            const auto parsed = parse_size(given);
            if (!parsed) return fmt::format("'{}' is not a size, such as 512B, 256KiB or 1MiB", given);
            if (*parsed < min || *parsed > max) {
              return fmt::format("'{}' is not between {} and {}", given, size_text(min), size_text(max));
            }
            value = *parsed;
            return "";
          })};
}

template <class Number>
ConfigKey count(std::string name, Number& value, Number min, Number max, std::string comment) {
  return {std::move(name), std::move(comment), [&value] { return std::to_string(value); },
          scalar([&value, min, max](const std::string& given) -> std::string {
            const auto parsed = parse_count(given);
            if (!parsed) return fmt::format("'{}' is not a whole number", given);
            if (*parsed < min || *parsed > max)
              return fmt::format("'{}' is not between {} and {}", given, min, max);
            value = static_cast<Number>(*parsed);
            return "";
          })};
}

// -- The table

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;
constexpr seconds day{86'400};

std::vector<ConfigKey> listener_keys(Listeners& l) {
  return {
      address(
          "coap_tls", l.coap_tls, "off", complaint_about_listener,
          "OCF devices and clients over TLS; both sides show a certificate (see tls.client_certificate)."),
      address("coap_tcp", l.coap_tcp, "off", complaint_about_listener,
              "The same without TLS: tokens and values in the clear. For tests and closed networks only."),
      address("http", l.http, "off", complaint_about_http_listener,
              "The HTTP API, which the command line uses too. Loopback only: it has no TLS yet."),
      address("admin", l.admin, "off", complaint_about_listener,
              "/metrics for Prometheus, /livez and /readyz. Whoever reaches it needs no token: it tells "
              "numbers, and no\n"
              "device, owner or address."),
  };
}

std::vector<ConfigKey> authorization_keys(AuthorizationConfig& a) {
  return {
      text("provider", a.provider,
           "The name that devices send as `authprovider` (`apn` of their cloud configuration)."),
      time("code_lifetime", a.code_lifetime, seconds(1), seconds(3600),
           "How long a one-time code of `ocf-cloud onboard` may be used."),
      time("access_token_lifetime", a.access_token_lifetime, seconds(1), 365 * day,
           "Of the access token that a device gets at sign-up. Shorter: a stolen one serves less long, "
           "refreshes are more."),
      time("user_token_lifetime", a.user_token_lifetime, seconds(1), 365 * day,
           "Of the bearer tokens that `ocf-cloud token` gives out, the first start's among them. They cannot "
           "be revoked."),
  };
}

std::vector<ConfigKey> tls_keys(TlsConfig& t) {
  return {
      choice<net::ClientCertificate>(
          "client_certificate", t.client_certificate,
          {{"require", net::ClientCertificate::require}, {"if_given", net::ClientCertificate::if_given}},
          "`require`: a peer without a certificate is refused. `if_given`: it may connect, for clients and\n"
          "devices that have none. The `di` that it says is then believed, as over coap_tcp: who holds a "
          "token\n"
          "of a device may speak for that device without its key, and a one-time code works for any `di` "
          "that\n"
          "is free. A certificate that is shown has to hold in either case."),
      file_or_auto(
          "certificate_file", t.certificate_file,
          "The hub's certificate, PEM: its own first, then what leads to its CA, in one file. `auto`: "
          "the hub's own\n"
          "CA issues one, pki/hub.crt in the data directory. `credential:NAME` is what the service "
          "manager\n"
          "gives the hub under that name (systemd: LoadCredential)."),
      file_or_auto("key_file", t.key_file,
                   "Its private key, PEM. `auto`: pki/hub.key; where a certificate is named a key has to be, "
                   "too."),
      texts("trusted_ca_files", t.trusted_ca_files,
            "PEM files of further CAs, besides the hub's own and those that `ocf-cloud pki trust` added."),
      texts("crl_files", t.crl_files,
            "PEM files of certificate revocation lists (CRLs) that such CAs publish, read again by\n"
            "`ocf-cloud reload`. A CA without one is not affected. One that is out of date still counts, "
            "and\n"
            "is warned of: what it lists stays out, others get in."),
  };
}

std::vector<ConfigKey> log_keys(LogConfig& l) {
  return {
      choice<LogFormat>("format", l.format, {{"human", LogFormat::human}, {"json", LogFormat::json}},
                        "`human`: a line for people. `json`: an object a line, for programs."),
      choice<telemetry::Level>("level", l.level,
                               {{"info", telemetry::Level::info},
                                {"warn", telemetry::Level::warn},
                                {"error", telemetry::Level::error}},
                               "What is said: this and what is worse."),
  };
}

std::vector<ConfigKey> telemetry_keys(TelemetryConfig& t) {
  return {
      url_or_off(
          "otlp_endpoint", t.otlp_endpoint,
          "An OpenTelemetry collector that gets all metrics, by OTLP over HTTP: http://ADDRESS:PORT, or "
          "`off`."),
      time("otlp_interval", t.otlp_interval, seconds(1), seconds(3600), "How often."),
  };
}

std::vector<ConfigKey> message_limits(Limits& l) {
  return {
      bytes("frame_bytes_max", l.frame_bytes_max, 8 * kib, 16 * mib,
            "The longest CoAP message after sign-in. Larger: a device may publish more at once, at that much "
            "memory."),
      bytes("frame_bytes_before_sign_in_max", l.frame_bytes_before_sign_in_max, kib, mib,
            "The longest CoAP message before sign-in."),
      bytes("frame_bytes_to_peer_max", l.frame_bytes_to_peer_max, kib, mib,
            "The longest message to a peer without Block-Wise-Transfer: many devices close the connection "
            "above 8 KiB."),
      bytes("frame_bytes_to_peer_per_link", l.frame_bytes_to_peer_per_link, 0, 4 * kib,
            "More to such a peer for every link that it has published: its buffers grow with them."),
      count<std::size_t>("options_per_message_max", l.options_per_message_max, 8, 1024,
                         "CoAP options in one message; above it the connection is aborted."),
      bytes("option_bytes_max", l.option_bytes_max, 256, 64 * kib,
            "All CoAP options of a message together; above it the connection is aborted."),
      count<std::size_t>("cbor_depth_max", l.cbor_depth_max, 4, 64,
                         "Nesting of CBOR and JSON content: 4.00 above it."),
      count<std::size_t>("cbor_items_max", l.cbor_items_max, 64, 1'048'576,
                         "Items in one CBOR content: 4.00 above it."),
  };
}

std::vector<ConfigKey> connection_limits(Limits& l) {
  return {
      time("first_message_time", l.first_message_time, seconds(1), seconds(600),
           "A connection that has not sent its first message by then is closed."),
      time("message_time", l.message_time, seconds(1), seconds(600),
           "A message that is not whole so long after its first byte: the connection is aborted."),
      time("tls_handshake_time", l.tls_handshake_time, seconds(1), seconds(600),
           "A TLS handshake that takes longer is closed."),
      time("sign_in_time", l.sign_in_time, seconds(1), seconds(600),
           "A connection that has not signed in by then is closed."),
      time("sign_in_time_after_503", l.sign_in_time_after_503, seconds(1), seconds(3600),
           "The same after the hub had to answer 5.03: devices try again after up to 64 s."),
      time("failed_sign_in_grace", l.failed_sign_in_grace, seconds(1), seconds(600),
           "After a refused sign-in, the time for one refresh and one more sign-in."),
      time("ping_interval", l.ping_interval, seconds(1), day,
           "A connection that was silent for so long is pinged. Longer: fewer packets, dead devices are "
           "noticed later."),
      count<unsigned>("ping_retries", l.ping_retries, 0, 10,
                      "Pings after the first, within half an interval, then it is closed."),
      time("release_hold_off_max", l.release_hold_off_max, seconds(0), seconds(3600),
           "When the hub stops it asks each peer to stay away for a random time up to this (0: does not "
           "ask), so "
           "that they do not come back all at once. Many devices do not care."),
      count<std::size_t>("requests_in_flight_max", l.requests_in_flight_max, 1, 10'000,
                         "Unanswered requests of one connection to the hub: 5.03 above it."),
      count<std::size_t>("device_requests_in_flight_max", l.device_requests_in_flight_max, 1, 1000,
                         "Unanswered requests of the hub to one device; the rest waits."),
      count<std::size_t>("observations_per_connection_max", l.observations_per_connection_max, 1, 100'000,
                         "Observations of one connection: 5.03 above it."),
      time("discovery_notification_interval", l.discovery_notification_interval, seconds(0), seconds(3600),
           "The shortest time between two notifications of /oic/res to one observer; changes wait and go "
           "together."),
      bytes("write_queue_bytes_max", l.write_queue_bytes_max, 64 * kib, 64 * mib,
            "What may wait for a slow peer; above it the connection is closed."),
      count<std::size_t>("notifications_queued_max", l.notifications_queued_max, 1, 100'000,
                         "Notifications of one device that wait to be stored; above it the newest of each "
                         "resource is kept."),
      bytes("notifications_queued_bytes_max", l.notifications_queued_bytes_max, 64 * kib, 1024 * mib,
            "All of them together; above it the same, and a device that says more is closed."),
      count<std::size_t>(
          "publications_kept_max", l.publications_kept_max, 0, 64,
          "Publications of one device that wait for a store that is away: 5.03 above it, and the "
          "device is asked for its links when it comes again."),
      count<std::size_t>("connections_max", l.connections_max, 1, 10'000'000,
                         "CoAP connections; more are not accepted."),
  };
}

std::vector<ConfigKey> rate_limits(Limits& l) {
  return {
      count<std::size_t>("unauthenticated_connections_max", l.unauthenticated_connections_max, 1, 10'000'000,
                         "CoAP connections that have not signed in; more are not accepted."),
      count<std::size_t>("unauthenticated_connections_per_address_max",
                         l.unauthenticated_connections_per_address_max, 1, 10'000'000,
                         "The same of one IP address, of IPv6 of one /64."),
      count<std::size_t>(
          "handshakes_in_flight_max", l.handshakes_in_flight_max, 1, 100'000,
          "TLS handshakes at once; further connections wait to be accepted. More than one address "
          "may have, or\none peer that does not go on with its handshakes keeps all others out."),
      count<unsigned>("accepts_per_second", l.accepts_per_second, 1, 1'000'000,
                      "CoAP connections that are accepted per second; the rest waits. Of every rate, ten "
                      "seconds' worth may\ncome at once."),
      count<unsigned>(
          "sign_ins_per_second", l.sign_ins_per_second, 1, 1'000'000,
          "Sign-ups, sign-ins and refreshes of all devices together: 5.03 with Max-Age above it."),
      count<unsigned>("device_messages_per_second", l.device_messages_per_second, 1, 1'000'000,
                      "Messages of one CoAP connection: a request is 4.29 above it, a notification waits."),
      count<unsigned>("owner_requests_per_second", l.owner_requests_per_second, 1, 1'000'000,
                      "Requests of one owner, CoAP and HTTP together: 4.29 (HTTP 429) above it."),
      count<std::size_t>("devices_per_owner_max", l.devices_per_owner_max, 1, 10'000'000,
                         "Devices that one owner may have: a sign-up is 5.03 above it."),
      bytes(
          "memory_bytes_max", l.memory_bytes_max, 0, std::size_t{1024} * 1024 * mib,
          "Memory of the hub (0: three quarters of the machine's). Above it who has not signed in is closed, "
          "the newest\nfirst, and nobody is accepted."),
  };
}

std::vector<ConfigKey> past_limits(Limits& l) {
  return {
      time("retention_time", l.retention_time, seconds(0), 3650 * day,
           "Events of resources that are older go (0: none goes), from the audit, too; what was true then is "
           "kept as a\nbaseline. Events of the device, its links and its owner stay as long as it is "
           "registered."),
      bytes("retention_bytes_max", l.retention_bytes_max, mib, std::uint64_t{1024} * 1024 * mib,
            "All events of a tenant: above it the oldest events of resources go."),
      time("retention_interval", l.retention_interval, seconds(1), day, "How often the hub looks for them."),
      count<std::size_t>("traces_max", l.traces_max, 1, 1'000'000,
                         "Commands that `ocf-cloud trace` remembers, in memory: the oldest is forgotten."),
      bytes("trace_bytes_max", l.trace_bytes_max, kib, mib,
            "Of one of them: later hops are left out, and it says so."),
      count<std::size_t>("protocol_logs_max", l.protocol_logs_max, 0, 1000,
                         "Running `ocf-cloud protocol-log` at once: refused above it."),
      bytes("protocol_log_bytes_max", l.protocol_log_bytes_max, 4 * kib, 64 * mib,
            "What waits for one of its readers: above it messages are left out, and the reader is told how "
            "many."),
  };
}

std::vector<ConfigKey> block_limits(Limits& l) {
  return {
      count<std::size_t>("block_requests_max", l.block_requests_max, 1, 1000,
                         "Requests of one connection whose bodies are arriving in blocks: 5.03 above it."),
      count<std::size_t>("block_answers_max", l.block_answers_max, 1, 1000,
                         "Answers kept for one connection that reads them in blocks: the oldest goes."),
      bytes("block_answers_bytes_max", l.block_answers_bytes_max, 0, 64 * mib,
            "All of them together: the oldest go. A longer answer is made anew for each block."),
      time("block_transfer_time", l.block_transfer_time, seconds(1), seconds(3600),
           "A block-wise transfer that does not go on for so long is forgotten."),
  };
}

std::vector<ConfigKey> device_limits(Limits& l) {
  return {
      count<std::size_t>("links_per_device_max", l.links_per_device_max, 1, 100'000,
                         "Links that a device may have published: 4.13 above it."),
      time("link_lifetime_max", l.link_lifetime_max, seconds(1), seconds(0xffffffff),
           "The longest `ttl` of a publication: 4.00 above it. 0 is always taken, and has no end."),
      time("link_lifetime_grace", l.link_lifetime_grace, seconds(0), day,
           "How long after the `ttl` of links the hub waits for the next publication before it unpublishes "
           "them."),
      count<std::size_t>("pending_commands_per_device_max", l.pending_commands_per_device_max, 1, 10'000,
                         "Commands that wait for one device: 5.03 (HTTP 503) above it."),
      bytes("href_bytes_max", l.href_bytes_max, 16, 2 * kib,
            "The longest href of a resource: 4.00 above it."),
      time("command_time", l.command_time, seconds(1), seconds(3600),
           "A device that has not answered a command by then counts as offline."),
      time("time_to_live_max", l.time_to_live_max, seconds(1), 30 * day,
           "The longest time that a command may wait for a device that is offline."),
  };
}

std::vector<ConfigKey> refusal_limits(Limits& l) {
  return {
      count<std::size_t>("refusals_per_subject_max", l.refusals_per_subject_max, 1, 1000,
                         "Refusals of one device or address that `ocf-cloud why` remembers, in memory."),
      count<std::size_t>("refusal_subjects_max", l.refusal_subjects_max, 1, 1'000'000,
                         "Devices and addresses together that it remembers refusals of: who was refused "
                         "last."),
      bytes("refusal_text_bytes_max", l.refusal_text_bytes_max, 64, 16 * kib,
            "The reason of a refusal is cut there, in the log too."),
  };
}

std::vector<ConfigKey> face_limits(Limits& l) {
  return {
      bytes("http_header_bytes_max", l.http_header_bytes_max, kib, mib,
            "All header fields of an HTTP request: 431 above it."),
      bytes("http_body_bytes_max", l.http_body_bytes_max, kib, 64 * mib,
            "The body of an HTTP request: 413 above it."),
      count<std::size_t>("http_connections_max", l.http_connections_max, 1, 1'000'000,
                         "HTTP connections: 503 above it."),
      time("http_idle_time", l.http_idle_time, seconds(1), seconds(3600),
           "An HTTP connection without a request for so long is closed."),
  };
}

std::vector<ConfigKey> machine_limits(Limits& l) {
  return {
      bytes("disk_free_bytes_min", l.disk_free_bytes_min, 0, 1024 * 1024 * mib,
            "Free space where the data directory is: below it /readyz answers 503. The hub goes on."),
  };
}

std::vector<ConfigKey> limit_keys(Limits& limits) {
  std::vector<ConfigKey> keys;
  for (const auto part : {message_limits, connection_limits, rate_limits, block_limits, device_limits,
                          past_limits, refusal_limits, face_limits, machine_limits}) {
    for (ConfigKey& key : part(limits)) keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace

std::vector<ConfigSection> config_keys(Config& config) {
  return {
      {"listeners", "Where the hub listens: an IP address and a port (0: any free one), or `off`.",
       listener_keys(config.listeners)},
      {"",
       "",
       {address("public_address", config.public_address, "auto", complaint_about_public_address,
                "The name or IP address, with the port, that devices are told to connect to. `auto`: where "
                "CoAP is listened on,\n"
                "which serves no device elsewhere while that is 0.0.0.0."),
        path("data", config.data,
             "The directory of everything the hub keeps: events, keys and certificates, its id, its socket "
             "for commands.\n"
             "Readable by the hub's user only; one hub at a time.")}},
      {"authorization", "The built-in authorization server.", authorization_keys(config.authorization)},
      {"tls", "Which devices and clients are believed to be who their certificate says.",
       tls_keys(config.tls)},
      {"log", "What the hub says on standard error.", log_keys(config.log)},
      {"telemetry", "Metrics that the hub sends of itself; what is asked of it is `listeners.admin`.",
       telemetry_keys(config.telemetry)},
      {"limits", "What the hub puts up with. Behind each limit stands what happens above it.",
       limit_keys(config.limits)},
  };
}

}  // namespace ocf::server
