#include "server/doctor.hpp"

#include "auth_builtin/signing_key.hpp"
#include "net/tls_context.hpp"
#include "pki/certificates.hpp"
#include "pki/key_file.hpp"
#include "server/admin/admin_client.hpp"
#include "server/data_directory.hpp"
#include "server/exit.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <optional>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

namespace ocf::server {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

Finding good(std::string subject, std::string sentence) {
  return {std::move(subject), Health::good, std::move(sentence)};
}
Finding doubtful(std::string subject, std::string sentence) {
  return {std::move(subject), Health::doubtful, std::move(sentence)};
}
Finding bad(std::string subject, std::string sentence) {
  return {std::move(subject), Health::bad, std::move(sentence)};
}

// What others than the owner may do with it; nullopt: there is no such file.
std::optional<bool> is_private(const fs::path& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0) return std::nullopt;
  return (found.st_mode & 077) == 0;
}

std::vector<fs::path> private_files(const fs::path& data) {
  return {data,
          data / "store",
          data / "pki",
          data / "pki" / "ca.key",
          data / "pki" / "hub.key",
          data / "signing-key.pem"};
}

// What is there and is not the directory's owner's; what cannot be looked at is passed over.
std::optional<fs::path> foreign_file(const fs::path& data) {
  struct stat owner {
  }, found{};
  if (stat(data.c_str(), &owner) != 0) return std::nullopt;
  std::error_code unreadable;
  fs::recursive_directory_iterator next(data, fs::directory_options::skip_permission_denied, unreadable);
  for (; !unreadable && next != fs::recursive_directory_iterator(); next.increment(unreadable)) {
    if (lstat(next->path().c_str(), &found) == 0 && found.st_uid != owner.st_uid) return next->path();
  }
  return std::nullopt;
}

// The directory itself, or what it will be made in.
fs::path nearest_existing(fs::path path) {
  path = fs::absolute(path);
  while (!fs::exists(path) && path != path.root_path()) path = path.parent_path();
  return path;
}

std::string mebibytes(std::uintmax_t bytes) { return fmt::format("{} MiB", bytes / (1024 * 1024)); }

// Empty: it could be opened.
std::string complaint_about_opening(const Address& address) {
  asio::io_context context;
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(address.host, error);
  if (error) return error.message();
  const asio::ip::tcp::endpoint endpoint(ip, address.port);
  asio::ip::tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::ip::tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  return error ? error.message() : "";
}

Findings look_at_listeners(const Listeners& listeners) {
  Findings found;
  const auto look = [&found](const char* name, const std::optional<Address>& address) {
    if (!address) return;
    const std::string complaint = complaint_about_opening(*address);
    if (complaint.empty()) {
      found.push_back(good("listeners", fmt::format("{} can be opened on {}.", name, address->text())));
    } else {
      found.push_back(bad("listeners", fmt::format("{} cannot be opened on {}: {}. Choose another address "
                                                   "or end what uses it (ss -ltnp tells).",
                                                   name, address->text(), complaint)));
    }
  };
  look("coap_tls", listeners.coap_tls);
  look("coap_tcp", listeners.coap_tcp);
  look("http", listeners.http);
  look("admin", listeners.admin);
  if (!listeners.coap_tls && !listeners.coap_tcp)
    found.push_back(doubtful("listeners", "No device can connect: coap_tls and coap_tcp are off."));
  return found;
}

Finding about_certificate(const std::string& file, Time now) {
  const auto pem = pki::load(file);
  if (!pem) return bad("certificates", fmt::format("{} cannot be read: {}.", file, pem.error().message()));
  const auto end = pki::read_expiry(*pem);
  if (!end) return bad("certificates", fmt::format("{} is no certificate.", file));
  const std::string when = fmt::format("{} ends at {}", file, to_rfc3339(*end));
  if (*end <= now)
    return bad("certificates", when + ": it is out of date. Replace it, then `ocf-cloud reload`.");
  if (*end <= now + certificate_doubt)
    return doubtful("certificates", when + ". Replace it in time, then `ocf-cloud reload`.");
  return good("certificates", when + ".");
}

// Of a certificate that the hub makes itself, with its key, unless one of them is there.
Finding about_made_certificate(const fs::path& stem, Time now) {
  const std::string certificate = stem.string() + ".crt", key = stem.string() + ".key";
  if (!fs::exists(certificate) && !fs::exists(key))
    return good("certificates", fmt::format("The next start makes {}.", certificate));
  for (const std::string& file : {certificate, key}) {
    if (!fs::exists(file))
      return bad("certificates", fmt::format("{0} is missing, and {1} is there: bring {0} back.", file,
                                             file == key ? certificate : key));
  }
  return about_certificate(certificate, now);
}

// That it can be used, and names this hub: each device lets only the hub of the id that it was onboarded with
// change anything.
Finding about_own_certificate(const fs::path& data, Time now) {
  const fs::path file = data / "pki" / "hub.crt";
  Finding found = about_made_certificate(data / "pki" / "hub", now);
  const auto pem = pki::load(file), key = pki::load(data / "pki" / "hub.key");
  const auto sid = pki::load(data / "sid");
  if (found.health == Health::bad || !pem || !key || !sid) return found;
  net::TlsServerConfig tls;
  tls.certificate_chain = *pem;
  tls.private_key = *key;
  if (const auto usable = net::TlsServerContext::create(tls); !usable)
    return bad("certificates",
               fmt::format("{} and its key cannot be used: {}.", file.string(), usable.error().message()));
  const std::string wanted = "uuid:" + sid->substr(0, sid->find('\n'));
  const auto name = pki::read_common_name(*pem);
  if (name && *name == wanted) return found;
  return bad(
      "certificates",
      fmt::format("{} is of {}, and the hub is {}: no device lets it in. Bring back the sid that it was "
                  "issued for, or remove hub.crt and hub.key: the next start makes them anew.",
                  file.string(), name ? *name : "nobody", wanted));
}

// Empty: it can be used.
std::string complaint_about_signing_key(const fs::path& file) {
  try {
    auth_builtin::SigningKey::load(file);
    return "";
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

}  // namespace

std::string_view to_string(Health health) {
  switch (health) {
    case Health::good: return "good";
    case Health::doubtful: return "doubtful";
    case Health::bad: break;
  }
  return "bad";
}

Findings look_at_data(const Config& config) {
  if (!fs::exists(config.data)) {
    return {good("data", fmt::format("{} does not exist: the first start makes it.", config.data.string()))};
  }
  Findings found;
  for (const fs::path& file : private_files(config.data)) {
    if (is_private(file).value_or(true)) continue;
    found.push_back(
        bad("data", fmt::format("{0} can be read by others than its owner: chmod go= {0}", file.string())));
  }
  if (access(config.data.c_str(), R_OK | W_OK | X_OK) != 0)
    found.push_back(bad("data", fmt::format("This user cannot write to {}.", config.data.string())));
  if (const auto foreign = foreign_file(config.data)) {
    found.push_back(bad("data", fmt::format("{0} belongs to another user than {1}, whose hub cannot open it: "
                                            "chown -R --reference={1} {1}",
                                            foreign->string(), config.data.string())));
  }
  if (std::error_code unreadable; fs::exists(restoring_path(config.data), unreadable))
    found.push_back(bad("data", fmt::format("A restore into {} was not finished: restore the backup again.",
                                            config.data.string())));
  if (const auto complaint = obstacle(config.data)) found.push_back(bad("data", *complaint + "."));
  if (const fs::path key = config.data / "signing-key.pem"; is_private(key).value_or(false)) {
    const std::string complaint = complaint_about_signing_key(key);
    if (!complaint.empty()) found.push_back(bad("data", complaint + ". Bring it back, or restore a backup."));
  }
  if (found.empty()) {
    found.push_back(
        good("data", fmt::format("{} is its owner's alone, and so are its keys.", config.data.string())));
  }
  return found;
}

Findings look_at_disk(const Config& config) {
  std::error_code error;
  const fs::path place = nearest_existing(config.data);
  const fs::space_info space = fs::space(place, error);
  if (error)
    return {bad("disk", fmt::format("{} cannot be looked at: {}.", place.string(), error.message()))};
  const std::string sentence =
      fmt::format("{} are free on the disk of {} (of {})", mebibytes(space.available), place.string(),
                  mebibytes(space.capacity));
  if (space.available < disk_bad)
    return {bad("disk", sentence + ": nothing can be stored soon, and commands get 503. Make room.")};
  if (space.available < disk_doubt) return {doubtful("disk", sentence + ". Make room.")};
  return {good("disk", sentence + ".")};
}

Findings look_at_certificates(const Config& config, Time now) {
  if (!config.listeners.coap_tls) return {};
  const fs::path pki = config.data / "pki";
  if (!fs::exists(pki)) return {good("certificates", "The first start makes them.")};
  Findings found;
  found.push_back(about_made_certificate(pki / "ca", now));
  const std::string& own = config.tls.certificate_file;
  if (own.empty()) {
    found.push_back(about_own_certificate(config.data, now));
  } else if (!own.starts_with("credential:")) {
    found.push_back(about_certificate(own, now));
  }
  for (const std::string& file : config.tls.trusted_ca_files) found.push_back(about_certificate(file, now));
  return found;
}

Findings look_at_descriptors(const Config& config) {
  constexpr std::size_t others = 500;  // of the store, and what is open while others are accepted
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  const std::size_t wanted = config.limits.connections_max + config.limits.http_connections_max + others;
  const std::string sentence =
      fmt::format("A process may have {} descriptors, and the limits let in up to {} connections",
                  descriptors.rlim_max, config.limits.connections_max + config.limits.http_connections_max);
  if (descriptors.rlim_max >= wanted) return {good("descriptors", sentence + ".")};
  return {doubtful(
      "descriptors",
      fmt::format("{}: raise the one (LimitNOFILE={} in the unit) or lower the other.", sentence, wanted))};
}

Findings look_at_clock() {
  timex clock{};
  if (adjtimex(&clock) == TIME_ERROR || (clock.status & STA_UNSYNC) != 0) {
    return {doubtful("clock",
                     "No time service keeps this machine's clock: tokens and certificates are judged by it. "
                     "Run chrony or systemd-timesyncd.")};
  }
  return {good("clock", "A time service keeps this machine's clock.")};
}

Findings look_at_hub(const Config& config) {
  try {
    ask_hub(config.data, {{"verb", "status"}});
    return {good("hub", fmt::format("A hub runs in {} and answers.", config.data.string()))};
  } catch (const CommandFailure& failure) {
    if (failure.exit() != Exit::no_hub) return {bad("hub", failure.what())};
  }
  Findings found = look_at_listeners(config.listeners);
  found.insert(found.begin(), good("hub", fmt::format("No hub runs in {}.", config.data.string())));
  return found;
}

Findings look_at_public_address(const Config& config) {
  const char* const subject = "public address";
  if (!config.listeners.coap_tls && !config.listeners.coap_tcp) return {};
  if (!config.public_address) {
    const Address& listener =
        config.listeners.coap_tls ? *config.listeners.coap_tls : *config.listeners.coap_tcp;
    boost::system::error_code malformed;
    const auto ip = asio::ip::make_address(listener.host, malformed);
    if (malformed || ip.is_unspecified()) {
      return {bad(subject, fmt::format("Devices are told to connect to {}, which leads nowhere: set "
                                       "public_address to what they can reach.",
                                       listener.text()))};
    }
    return {good(subject, fmt::format("Devices are told to connect to {}.", listener.text()))};
  }
  const Address& address = *config.public_address;
  asio::io_context context;
  boost::system::error_code error;
  asio::ip::tcp::resolver resolver(context);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), error);
  if (error) {
    return {bad(subject, fmt::format("Devices are told to connect to {}, which has no address: {}.",
                                     address.text(), error.message()))};
  }
  return {good(subject, fmt::format("Devices are told to connect to {}, which is {}.", address.text(),
                                    found.begin()->endpoint().address().to_string()))};
}

}  // namespace ocf::server
