// The HTTP API as the commands use it: one request at a time, on loopback, blocking.
#pragma once

#include "server/config/config_values.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace ocf::server {

struct ApiAnswer {
  unsigned status = 0;
  std::string body;
  std::string correlation = {};  // id of the command that the request became; empty: it became none
};

// One event of a server-sent stream (SSE).
struct ApiEvent {
  std::string name;  // "message" where the stream says nothing
  std::string data;
};

// Throws CommandFailure (failed) if the hub cannot be reached or does not answer as HTTP.
class ApiClient {
 public:
  ApiClient(Address address, std::string token);

  ApiAnswer get(const std::string& target) const;
  ApiAnswer put(const std::string& target, const std::string& json) const;

  // Calls `on_event` for every event until the hub ends the stream. An answer other than 200 is returned
  // instead.
  using OnEvent = std::function<void(const ApiEvent& event)>;
  ApiAnswer follow(const std::string& target, const OnEvent& on_event) const;

 private:
  Address address_;
  std::string token_;
};

// Cuts a server-sent stream into events (WHATWG HTML, section 9.2): feed it bytes as they come.
class EventStreamReader {
 public:
  explicit EventStreamReader(ApiClient::OnEvent on_event) : on_event_(std::move(on_event)) {}
  void feed(std::string_view bytes);

 private:
  void line(std::string_view text);

  ApiClient::OnEvent on_event_;
  std::string rest_;
  ApiEvent event_;
};

// A text as one segment of a URL's path or one value of its query.
std::string percent_encoded(std::string_view text);

}  // namespace ocf::server
