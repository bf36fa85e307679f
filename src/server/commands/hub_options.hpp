// Which hub a command speaks to, and as whom.
#pragma once

#include "server/commands/api_client.hpp"
#include "server/commands/command.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>

namespace ocf::server {

// Of commands that use the hub's socket.
struct SocketOptions {
  std::string data = "./ocf-cloud-data";
  bool json = false;
};

// Of commands that use the HTTP API: found and entered by way of the socket, or by address and token without
// it.
struct ApiOptions : SocketOptions {
  std::string owner = "admin";
  std::string token;
  std::string http;
};

void add_socket_options(CLI::App& command, SocketOptions& options);
void add_api_options(CLI::App& command, ApiOptions& options);

// What for: that somebody entered the API in an owner's name to change something is kept as an act.
enum class Purpose { reading, changing };
// Throws CommandFailure: no_hub, usage (a malformed address), failed (the hub has no HTTP listener).
ApiClient open_api(const ApiOptions& options, Purpose purpose = Purpose::reading);

// The document of a 200, or CommandFailure: usage (an argument is malformed), not_found, failed, in the words
// of the hub's problem document.
boost::json::value document_of(const ApiAnswer& answer);
// The same for any success, as text.
const std::string& body_of(const ApiAnswer& answer);

// On standard error, so that it stands beside an error, too: what `ocf-cloud trace` wants to know.
void tell_correlation(const ApiAnswer& answer);

// "/api/v1/devices/<di>" and "/api/v1/devices/<di>/resources/<href>". Throw CommandFailure (usage) for what
// is no UUID or no path.
std::string device_target(const std::string& di);
std::string resource_target(const std::string& di, const std::string& href);

// The target with one more parameter in its query, unless the value is empty.
std::string with_parameter(std::string target, std::string_view name, std::string_view value);

// `--at`: a point of the past, for commands that read.
void add_at_option(CLI::App& command, std::string& at);

// A text of a JSON object, or "" if it has none of that name; other values as JSON.
std::string text_in(const boost::json::value& object, std::string_view name);

}  // namespace ocf::server
