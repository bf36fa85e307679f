#include "server/commands/api_client.hpp"

#include "server/exit.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ocf::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr std::uint64_t answer_bytes_max = 256 * 1024 * 1024;

using Request = http::request<http::string_body>;

Request make_request(http::verb verb, const std::string& target, const Address& address,
                     const std::string& token) {
  Request request(verb, target, 11);
  request.set(http::field::host, address.text());
  request.set(http::field::user_agent, "ocf-cloud");
  request.set(http::field::authorization, "Bearer " + token);
  request.keep_alive(false);
  return request;
}

[[noreturn]] void unreachable(const Address& address, const beast::error_code& error) {
  throw CommandFailure(Exit::failed, fmt::format("HTTP at {}: {}.", address.text(), error.message()));
}

// A connection for one request and its answer.
class Exchange {
 public:
  Exchange(const Address& address, const Request& request) : address_(address), socket_(context_) {
    beast::error_code error;
    asio::ip::tcp::resolver resolver(context_);
    const auto found = resolver.resolve(address.host, std::to_string(address.port), error);
    if (!error) asio::connect(socket_, found, error);
    if (!error) http::write(socket_, request, error);
    if (error) unreachable(address, error);
  }

  template <class Parser>
  void read_header(Parser& parser) {
    parser.body_limit(answer_bytes_max);
    beast::error_code error;
    http::read_header(socket_, buffer_, parser, error);
    if (error) unreachable(address_, error);
  }

  template <class Parser>
  void read_all(Parser& parser) {
    beast::error_code error;
    http::read(socket_, buffer_, parser, error);
    if (error) unreachable(address_, error);
  }

  // Some of the body as soon as there is any; empty: it is complete, or the connection ended.
  std::string_view read_some(http::response_parser<http::buffer_body>& parser) {
    auto& body = parser.get().body();
    body.data = piece_.data();
    body.size = piece_.size();
    body.more = true;
    while (body.size == piece_.size() && !parser.is_done()) {
      beast::error_code error;
      http::read_some(socket_, buffer_, parser, error);
      if (error == http::error::end_of_stream || error == http::error::partial_message) break;
      if (error && error != http::error::need_buffer) unreachable(address_, error);
    }
    return {piece_.data(), piece_.size() - body.size};
  }

 private:
  Address address_;
  asio::io_context context_;
  asio::ip::tcp::socket socket_;
  beast::flat_buffer buffer_;
  std::array<char, 4096> piece_{};
};

ApiAnswer ask(const Address& address, const Request& request) {
  Exchange exchange(address, request);
  http::response_parser<http::string_body> parser;
  exchange.read_header(parser);
  exchange.read_all(parser);
  const auto correlation = parser.get()["Correlation-ID"];
  return {parser.get().result_int(), std::move(parser.get().body()),
          std::string(correlation.data(), correlation.size())};
}

}  // namespace

ApiClient::ApiClient(Address address, std::string token)
    : address_(std::move(address)), token_(std::move(token)) {}

ApiAnswer ApiClient::get(const std::string& target) const {
  return ask(address_, make_request(http::verb::get, target, address_, token_));
}

ApiAnswer ApiClient::put(const std::string& target, const std::string& json) const {
  Request request = make_request(http::verb::put, target, address_, token_);
  request.set(http::field::content_type, "application/json");
  request.body() = json;
  request.prepare_payload();
  return ask(address_, request);
}

ApiAnswer ApiClient::follow(const std::string& target, const OnEvent& on_event) const {
  Request request = make_request(http::verb::get, target, address_, token_);
  request.set(http::field::accept, "text/event-stream");
  Exchange exchange(address_, request);
  http::response_parser<http::buffer_body> parser;
  exchange.read_header(parser);

  ApiAnswer answer{parser.get().result_int(), ""};
  const bool is_stream = parser.get().result() == http::status::ok;
  EventStreamReader events(on_event);
  for (auto piece = exchange.read_some(parser); !piece.empty(); piece = exchange.read_some(parser)) {
    if (is_stream) {
      events.feed(piece);
    } else {
      answer.body += piece;
    }
  }
  return answer;
}

void EventStreamReader::feed(std::string_view bytes) {
  rest_ += bytes;
  std::size_t begin = 0;
  for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::string_view text(rest_.data() + begin, end - begin);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    line(text);
  }
  rest_.erase(0, begin);
}

void EventStreamReader::line(std::string_view text) {
  if (text.empty()) {
    ApiEvent complete = std::exchange(event_, {});
    if (complete.name.empty()) complete.name = "message";
    if (!complete.data.empty()) on_event_(complete);
    return;
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view field = text.substr(0, colon);
  std::string_view value = text.substr(std::min(colon + 1, text.size()));
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (field == "event") event_.name = value;
  if (field == "data") event_.data += (event_.data.empty() ? "" : "\n") + std::string(value);
}

std::string percent_encoded(std::string_view text) {
  return boost::urls::encode(boost::core::string_view(text.data(), text.size()),
                             boost::urls::unreserved_chars);
}

}  // namespace ocf::server
