#include "server/commands/hub_options.hpp"

#include "ocf/device_id.hpp"
#include "server/admin/admin_client.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ocf::server {

namespace json = boost::json;

namespace {

// What the hub said of a refusal; its own sentence where there is one.
std::string sentence_of(const ApiAnswer& answer) {
  boost::system::error_code malformed;
  const json::value problem = json::parse(answer.body, malformed);
  std::string sentence = malformed ? "" : text_in(problem, "detail");
  if (sentence.empty()) sentence = "no reason was given";
  sentence += fmt::format(" (HTTP {})", answer.status);
  const std::string device_answer = malformed ? "" : text_in(problem, "answer");
  return device_answer.empty() ? sentence : sentence + ": " + device_answer;
}

// Whether what was typed was the mistake.
Exit exit_of(const ApiAnswer& answer) {
  if (answer.status == 404) return Exit::not_found;
  boost::system::error_code malformed;
  const json::value problem = json::parse(answer.body, malformed);
  const std::string reason = malformed ? "" : text_in(problem, "reason");
  return reason.starts_with("malformed_") || reason == "point_in_future" ? Exit::usage : Exit::failed;
}

}  // namespace

void add_socket_options(CLI::App& command, SocketOptions& options) {
  command.add_option("--data", options.data, "The hub's directory.")->capture_default_str();
  command.add_flag("--json", options.json, "Prints JSON.");
}

void add_api_options(CLI::App& command, ApiOptions& options) {
  add_socket_options(command, options);
  command.add_option("--owner", options.owner, "As whom to ask, by way of the hub's socket.")
      ->capture_default_str();
  command.add_option("--token", options.token, "A bearer token to ask with instead.")
      ->envname("OCF_CLOUD_TOKEN");
  command.add_option("--http", options.http, "The hub's HTTP address, instead of asking its socket.");
}

ApiClient open_api(const ApiOptions& options, Purpose purpose) {
  std::string http = options.http;
  if (http.empty()) http = text_in(ask_hub(options.data, {{"verb", "status"}}), "http");
  if (http.empty()) throw CommandFailure(Exit::failed, "This hub serves no HTTP: its listener is off.");
  const auto address = parse_address(http);
  if (!address)
    throw CommandFailure(Exit::usage,
                         fmt::format("'{}' is not an address and port, such as 127.0.0.1:8080.", http));
  std::string token = options.token;
  if (token.empty())
    token = text_in(ask_hub(options.data, {{"verb", "token"},
                                           {"owner", options.owner},
                                           {"for", purpose == Purpose::reading ? "reading" : "changing"}}),
                    "token");
  return ApiClient(*address, token);
}

const std::string& body_of(const ApiAnswer& answer) {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  throw CommandFailure(exit_of(answer), sentence_of(answer));
}

json::value document_of(const ApiAnswer& answer) {
  boost::system::error_code malformed;
  json::value document = json::parse(body_of(answer), malformed);
  if (malformed) throw CommandFailure(Exit::failed, "The hub's answer is not JSON.");
  return document;
}

void tell_correlation(const ApiAnswer& answer) {
  if (!answer.correlation.empty()) fmt::print(stderr, "correlation id: {}\n", answer.correlation);
}

std::string device_target(const std::string& di) {
  const auto device = DeviceId::parse(di);
  if (!device) throw CommandFailure(Exit::usage, fmt::format("'{}' is not a device id: that is a UUID.", di));
  return "/api/v1/devices/" + device->text();
}

std::string resource_target(const std::string& di, const std::string& href) {
  if (href.size() < 2 || href.front() != '/') {
    throw CommandFailure(Exit::usage,
                         fmt::format("'{}' is not the href of a resource, such as /light/1.", href));
  }
  std::string target = device_target(di) + "/resources";
  for (std::size_t begin = 1; begin <= href.size();) {
    const std::size_t end = std::min(href.find('/', begin), href.size());
    target += "/" + percent_encoded(std::string_view(href).substr(begin, end - begin));
    begin = end + 1;
  }
  return target;
}

std::string with_parameter(std::string target, std::string_view name, std::string_view value) {
  if (value.empty()) return target;
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += std::string(name) + '=' + percent_encoded(value);
  return target;
}

void add_at_option(CLI::App& command, std::string& at) {
  command.add_option(
      "--at", at, "As it was then: a time such as 2026-11-25T07:00:00Z, or the id of an event of `watch`.");
}

std::string text_in(const json::value& object, std::string_view name) {
  const json::value* value = object.is_object() ? object.get_object().if_contains(name) : nullptr;
  if (!value || value->is_null()) return "";
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

}  // namespace ocf::server
