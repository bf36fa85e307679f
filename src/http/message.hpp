// HTTP requests and responses as values: what stands between the server and the API.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocf::http {

template <class T>
using awaitable = boost::asio::awaitable<T>;

struct Field {
  std::string name;
  std::string value;
};

class Request {
 public:
  Request(std::string method_, std::string target_)
      : method(std::move(method_)), target(std::move(target_)) {}

  // The first field of that name, whatever its case; nullopt if there is none.
  std::optional<std::string_view> field(std::string_view name) const;

  std::string method;  // "GET"
  std::string target;  // "/api/v1/devices?x=y", as it was sent
  std::vector<Field> fields;
  std::string body;
  std::string peer;  // of the connection, "127.0.0.1:40112"; empty: not known
};

// A body that goes on until one of the sides ends it, a piece at a time. Lives on the server's executor.
class LiveBody {
 public:
  virtual ~LiveBody() = default;
  // The next piece, never empty; nullopt: that was all.
  virtual awaitable<std::optional<std::string>> next() = 0;
  // Ends a next() that waits, and every later one, with nullopt.
  virtual void cancel() = 0;
};

class Response {
 public:
  explicit Response(unsigned status_) : status(status_) {}

  Response& add(std::string name, std::string value) {
    fields.push_back({std::move(name), std::move(value)});
    return *this;
  }
  // The first field of that name, whatever its case; nullopt if there is none.
  std::optional<std::string_view> field(std::string_view name) const;

  unsigned status;
  std::string_view reason;  // of a problem, "device_offline", a literal; empty: it is none
  std::vector<Field> fields;
  std::string body;
  std::unique_ptr<LiveBody> live;  // instead of `body`
};

Response json_response(unsigned status, std::string json);

}  // namespace ocf::http
