#include "pki/key_file.hpp"
#include "server/admin/admin_client.hpp"
#include "server/commands/hub_options.hpp"
#include "server/commands/table.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <memory>

namespace ocf::server {
namespace {

namespace json = boost::json;

struct DeviceOptions : SocketOptions {
  std::string di;
  std::string out;
};

struct RevokeOptions : SocketOptions {
  std::string certificate;
};

struct TrustOptions : SocketOptions {
  std::string file;
};

void save(const std::string& file, const std::string& content) {
  if (const auto saved = pki::save(file, content); !saved) {
    throw CommandFailure(Exit::failed,
                         fmt::format("{} cannot be written: {}.", file, saved.error().message()));
  }
}

Exit issue_device(const DeviceOptions& options) {
  const json::object answer = ask_hub(options.data, {{"verb", "pki_device"}, {"di", options.di}});
  if (!options.out.empty()) {
    save(options.out + ".key", text_in(answer, "private_key"));
    save(options.out + ".crt", text_in(answer, "certificate"));
  } else if (options.json) {
    fmt::print("{}\n", json::serialize(answer));
  } else {
    fmt::print("{}{}", text_in(answer, "certificate"), text_in(answer, "private_key"));
  }
  return Exit::ok;
}

Exit trust(const TrustOptions& options) {
  const auto pem = pki::load(options.file);
  if (!pem)
    throw CommandFailure(Exit::usage,
                         fmt::format("{} cannot be read: {}.", options.file, pem.error().message()));
  const json::object answer = ask_hub(options.data, {{"verb", "pki_trust"}, {"certificate", *pem}});
  if (options.json) {
    fmt::print("{}\n", json::serialize(answer));
  } else {
    fmt::print("Devices with certificates of '{}' may connect from now on.\n",
               text_in(answer, "common_name"));
  }
  return Exit::ok;
}

// A file's content where there is such a file, else what was typed.
Exit revoke(const RevokeOptions& options) {
  std::string certificate = options.certificate;
  if (const auto pem = pki::load(certificate)) certificate = *pem;
  const json::object answer = ask_hub(options.data, {{"verb", "pki_revoke"}, {"certificate", certificate}});
  if (options.json) {
    fmt::print("{}\n", json::serialize(answer));
    return Exit::ok;
  }
  for (const json::value& serial : answer.at("serials").as_array()) {
    fmt::print("The certificate with the serial {} is revoked.\n", std::string(serial.as_string()));
  }
  fmt::print("Connections closed: {}.\n", text_in(answer, "closed"));
  return Exit::ok;
}

Exit list(const SocketOptions& options) {
  const json::object answer = ask_hub(options.data, {{"verb", "pki_list"}});
  if (options.json) {
    fmt::print("{}\n", json::serialize(answer));
    return Exit::ok;
  }
  Table table({"ROLE", "NAME", "FILE"});
  for (const json::value& kept : answer.at("certificates").as_array()) {
    table.add({text_in(kept, "role"), text_in(kept, "common_name"), text_in(kept, "file")});
  }
  fmt::print("{}", table.text());
  return Exit::ok;
}

}  // namespace

void add_pki(CLI::App& app, Run& run) {
  CLI::App* pki =
      app.add_subcommand("pki", "Certificates: of devices, the CAs that are trusted, what was revoked.");
  pki->require_subcommand(1);

  auto device_options = std::make_shared<DeviceOptions>();
  CLI::App* device =
      pki->add_subcommand("device", "Issues a device certificate by the hub's own CA: chain, then key.");
  device->add_option("DI", device_options->di, "The device id, a UUID.")->required();
  device->add_option("--out", device_options->out, "Writes OUT.crt and OUT.key (mode 0600) instead.");
  add_socket_options(*device, *device_options);
  device->callback(
      [device_options, &run] { run = [device_options] { return issue_device(*device_options); }; });

  auto trust_options = std::make_shared<TrustOptions>();
  CLI::App* trusted =
      pki->add_subcommand("trust", "Trusts the devices of another CA, from now on and after a restart.");
  trusted->add_option("FILE", trust_options->file, "The CA's certificate, PEM.")->required();
  add_socket_options(*trusted, *trust_options);
  trusted->callback([trust_options, &run] { run = [trust_options] { return trust(*trust_options); }; });

  auto revoke_options = std::make_shared<RevokeOptions>();
  CLI::App* revoked = pki->add_subcommand(
      "revoke", "Revokes certificates of the hub's own CA for good, and closes connections that use them.");
  revoked
      ->add_option("WHAT", revoke_options->certificate,
                   "A device id (all that were issued for it), a serial, or a certificate's file.")
      ->required();
  add_socket_options(*revoked, *revoke_options);
  revoked->callback([revoke_options, &run] { run = [revoke_options] { return revoke(*revoke_options); }; });

  auto list_options = std::make_shared<SocketOptions>();
  CLI::App* listed =
      pki->add_subcommand("list", "The hub's certificates, the CAs it trusts, and revocation lists.");
  add_socket_options(*listed, *list_options);
  listed->callback([list_options, &run] { run = [list_options] { return list(*list_options); }; });
}

}  // namespace ocf::server
