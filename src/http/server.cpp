#include "http/server.hpp"

#include "http/error.hpp"
#include "http/fault.hpp"
#include "http/http_status.hpp"
#include "http/problem.hpp"
#include "net/shard.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <tuple>

namespace ocf::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

using tcp = asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::chrono::milliseconds accept_pause{100};  // descriptors ran out
constexpr std::chrono::seconds linger_time{1};
constexpr std::chrono::seconds last_response_time{1};  // once all were made
constexpr std::size_t linger_bytes_max = 1024 * 1024;

std::string peer_of(const net::Socket& socket) {
  Error gone;
  const net::Endpoint peer = socket.remote_endpoint(gone);
  return gone ? "" : net::to_text(peer);
}

struct Connection {
  Connection(net::Socket socket, std::size_t buffer_bytes_max)
      : peer(peer_of(socket)), stream(std::move(socket)), buffer(buffer_bytes_max) {}

  const std::string peer;
  beast::basic_stream<tcp, Executor> stream;
  // What was read and not yet understood: a header, an extension of a chunk or a trailer, whole. Beast knows
  // no limit of the last two.
  beast::flat_buffer buffer;
  LiveBody* live = nullptr;    // while one is sent
  bool waits_for_peer = true;  // nothing is lost if it is closed now
};
using ConnectionPtr = std::shared_ptr<Connection>;

// How a response is sent: what the request says of that.
struct Framing {
  enum class Body { sent, left_out };  // left out: the answer to HEAD (RFC 9110 §9.3.2)
  unsigned version = 11;               // or 10
  bool keep_alive = false;
  Body body = Body::sent;
};

struct Received {
  Received(Request request_, Framing framing_) : request(std::move(request_)), framing(framing_) {}
  Request request;
  Framing framing;
};

// What Beast says of the peer's bytes as an error of ours; what it says of the socket as it is.
Error error_of(const beast::error_code& error) {
  if (error == wire::error::end_of_stream || error == wire::error::partial_message) return error;
  if (error == wire::error::header_limit || error == wire::error::buffer_overflow)
    return HttpError::header_too_large;
  if (error == wire::error::body_limit) return HttpError::body_too_large;
  const auto& of_beast = make_error_code(wire::error::bad_target).category();
  return error.category() == of_beast ? make_error_code(HttpError::malformed_request) : Error(error);
}

// The peer sent something that it can be told about.
bool is_refusal(const Error& error) {
  return error.category() == make_error_code(HttpError::internal).category();
}

Request request_of(wire::request<wire::string_body>&& message) {
  Request request{std::string(message.method_string()), std::string(message.target())};
  for (const auto& field : message)
    request.fields.push_back({std::string(field.name_string()), std::string(field.value())});
  request.body = std::move(message.body());
  return request;
}

template <class Body>
wire::response<Body> head_of(const Response& response, Framing framing) {
  wire::response<Body> message;
  message.version(framing.version);
  message.result(response.status);
  const std::string_view phrase = phrase_of(response.status);
  message.reason({phrase.data(), phrase.size()});
  for (const Field& field : response.fields) message.insert(field.name, field.value);
  message.set(wire::field::cache_control, "no-cache");
  message.keep_alive(framing.keep_alive);
  return message;
}

// RFC 9110 §8.6: no Content-Length there.
bool has_no_body(unsigned status) { return status == 204 || status == 304; }

// Ends a live body as soon as its reader goes away. Anything that the peer sends counts as that: there is
// nothing it could ask for on this connection any more.
awaitable<void> watch_peer(ConnectionPtr connection) {
  co_await connection->stream.socket().async_wait(tcp::socket::wait_read, as_result);
  if (connection->live != nullptr) connection->live->cancel();
}

void let_out(std::exception_ptr exception) {
  if (exception) std::rethrow_exception(exception);
}

}  // namespace

class Server::Connections {
 public:
  Connections(asio::io_context& context, const Limits& limits, Answer answer, Refused refused)
      : context_(context),
        limits_(limits),
        answer_(std::move(answer)),
        refused_(std::move(refused)),
        acceptor_(context),
        retry_(context),
        last_(context) {}

  Result<void> open(const net::Endpoint& endpoint, Reach reach);
  const net::Endpoint& endpoint() const { return endpoint_; }
  std::size_t open_count() const { return open_.size(); }
  const telemetry::LimitHits& limit_hits() const { return limit_hits_; }
  void close();
  awaitable<void> left();

 private:
  awaitable<void> accept(net::Gate::Holder inside);
  void admit(net::Socket socket);
  void refuse(net::Socket socket);
  void note(const std::string& peer, const Error& error);

  awaitable<void> serve(net::Gate::Holder inside, ConnectionPtr connection);
  // One request and its response; false: the connection ends.
  awaitable<bool> exchange(ConnectionPtr connection);
  // Errors: of HttpError, to be answered; others: the peer is gone.
  awaitable<Result<Received>> receive(Connection& connection);
  awaitable<bool> send(Connection& connection, Response response, Framing framing);
  awaitable<void> follow(ConnectionPtr connection, Response response, Framing framing);
  // Reads on for a moment, so that the peer gets our last response before the reset that unread bytes would
  // cause.
  awaitable<void> linger(Connection& connection);

  asio::io_context& context_;
  const Limits& limits_;
  const Answer answer_;
  const Refused refused_;  // may be empty
  asio::basic_socket_acceptor<tcp, Executor> acceptor_;
  Timer retry_;
  Timer last_;  // how long left() waits for peers that do not read
  net::Endpoint endpoint_;
  std::set<ConnectionPtr> open_;
  telemetry::LimitHits limit_hits_;
  net::Gate gate_;
};

Result<void> Server::Connections::open(const net::Endpoint& endpoint, Reach reach) {
  if (reach == Reach::loopback && !endpoint.address().is_loopback()) return HttpError::not_loopback;
  Error error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) endpoint_ = acceptor_.local_endpoint(error);
  if (error) return error;
  asio::co_spawn(context_, accept(*gate_.enter()), let_out);
  return {};
}

void Server::Connections::close() {
  gate_.close();
  Error ignored;
  acceptor_.close(ignored);
  retry_.cancel();
  for (const ConnectionPtr& connection : open_) {
    if (connection->live != nullptr) connection->live->cancel();
    if (connection->live != nullptr || connection->waits_for_peer) connection->stream.close();
  }
}

awaitable<void> Server::Connections::left() {
  if (!open_.empty()) {
    last_.expires_after(last_response_time);
    co_await last_.async_wait(as_result);
  }
  for (const ConnectionPtr& connection : open_) connection->stream.close();
  co_await gate_.left();
}

awaitable<void> Server::Connections::accept(net::Gate::Holder) {
  while (!gate_.closed()) {
    auto [error, socket] = co_await acceptor_.async_accept(as_result);
    if (gate_.closed()) co_return;
    if (!error) {
      admit(std::move(socket));
      continue;
    }
    retry_.expires_after(accept_pause);
    co_await retry_.async_wait(as_result);
  }
}

void Server::Connections::admit(net::Socket socket) {
  Error ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (open_.size() >= limits_.http_connections_max) {
    note(peer_of(socket), HttpError::too_many_connections);
    return refuse(std::move(socket));
  }
  auto connection = std::make_shared<Connection>(std::move(socket), limits_.http_header_bytes_max);
  open_.insert(connection);
  asio::co_spawn(context_, serve(*gate_.enter(), std::move(connection)), let_out);
}

void Server::Connections::note(const std::string& peer, const Error& error) {
  limit_hits_.hit(limit_of(error));
  if (refused_) refused_(peer, error);
}

// At once or not at all: an empty send buffer takes it, and nobody waits for a connection that was one too
// many.
void Server::Connections::refuse(net::Socket socket) {
  const Response refusal = problem(HttpError::too_many_connections);
  std::string text =
      "HTTP/1.1 " + std::to_string(refusal.status) + ' ' + std::string(phrase_of(refusal.status)) + "\r\n";
  for (const Field& field : refusal.fields) text += field.name + ": " + field.value + "\r\n";
  text += "Connection: close\r\nContent-Length: " + std::to_string(refusal.body.size()) + "\r\n\r\n" +
          refusal.body;
  Error ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

awaitable<void> Server::Connections::serve(net::Gate::Holder, ConnectionPtr connection) {
  for (bool goes_on = true; goes_on && !gate_.closed();) goes_on = co_await exchange(connection);
  co_await linger(*connection);
  connection->stream.close();
  open_.erase(connection);
  if (open_.empty()) last_.cancel();
}

awaitable<bool> Server::Connections::exchange(ConnectionPtr connection) {
  connection->waits_for_peer = true;
  auto received = co_await receive(*connection);
  connection->waits_for_peer = false;
  if (!received) {
    if (!is_refusal(received.error())) co_return false;
    note(connection->peer, received.error());
    const Framing last;
    co_await send(*connection, problem(received.error()), last);
    co_return false;
  }
  received->request.peer = connection->peer;
  Response response = co_await answer_(std::move(received->request));
  Framing framing = received->framing;
  framing.keep_alive = framing.keep_alive && !gate_.closed() && !response.live;
  if (response.live) {
    co_await follow(connection, std::move(response), framing);
    co_return false;
  }
  co_return co_await send(*connection, std::move(response), framing) && framing.keep_alive;
}

awaitable<Result<Received>> Server::Connections::receive(Connection& connection) {
  wire::request_parser<wire::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits_.http_header_bytes_max));
  parser.body_limit(limits_.http_body_bytes_max);
  connection.stream.expires_after(limits_.http_idle_time);  // for the whole request

  const auto [header_error, header_bytes] =
      co_await wire::async_read_header(connection.stream, connection.buffer, parser, as_result);
  if (header_error) co_return error_of(header_error);
  const auto& head = parser.get();
  const bool names_host = head.version() < 11 || head.find(wire::field::host) != head.end();
  if (!names_host) co_return HttpError::malformed_request;

  if (!parser.is_done()) {
    if (beast::iequals(head[wire::field::expect], "100-continue")) {
      co_await asio::async_write(connection.stream, asio::buffer(go_on), as_result);
    }
    const auto [body_error, body_bytes] =
        co_await wire::async_read(connection.stream, connection.buffer, parser, as_result);
    if (body_error) co_return error_of(body_error);
  }
  connection.buffer.shrink_to_fit();
  const Framing framing{head.version(), head.keep_alive(),
                        head.method() == wire::verb::head ? Framing::Body::left_out : Framing::Body::sent};
  co_return Received(request_of(parser.release()), framing);
}

awaitable<bool> Server::Connections::send(Connection& connection, Response response, Framing framing) {
  auto message = head_of<wire::string_body>(response, framing);
  if (!has_no_body(response.status)) message.content_length(response.body.size());
  if (framing.body == Framing::Body::sent) message.body() = std::move(response.body);
  connection.stream.expires_after(limits_.http_idle_time);
  const auto [error, bytes] = co_await wire::async_write(connection.stream, message, as_result);
  co_return !error;
}

// The end of the connection is the end of the body: that needs no framing, and HTTP/1.0 knows it too.
awaitable<void> Server::Connections::follow(ConnectionPtr connection, Response response, Framing framing) {
  const std::unique_ptr<LiveBody> live = std::move(response.live);
  if (gate_.closed()) co_return;
  connection->live = live.get();
  asio::co_spawn(context_, watch_peer(connection), let_out);

  auto message = head_of<wire::empty_body>(response, framing);
  wire::response_serializer<wire::empty_body> serializer(message);
  connection->stream.expires_after(limits_.http_idle_time);
  auto [error, bytes] = co_await wire::async_write_header(connection->stream, serializer, as_result);
  while (!error) {
    const auto piece = co_await live->next();
    if (!piece) break;
    connection->stream.expires_after(limits_.http_idle_time);
    std::tie(error, bytes) = co_await asio::async_write(connection->stream, asio::buffer(*piece), as_result);
  }
  connection->live = nullptr;
}

awaitable<void> Server::Connections::linger(Connection& connection) {
  connection.waits_for_peer = true;
  Error ignored;
  connection.stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  connection.stream.expires_after(linger_time);
  for (std::size_t passed = 0; passed < linger_bytes_max;) {
    connection.buffer.clear();
    const auto space = connection.buffer.prepare(std::min<std::size_t>(4096, connection.buffer.max_size()));
    const auto [error, bytes] = co_await connection.stream.async_read_some(space, as_result);
    if (error) break;
    passed += bytes;
  }
}

Server::Server(std::unique_ptr<Connections> connections) : connections_(std::move(connections)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::open(asio::io_context& context, const net::Endpoint& endpoint,
                                             const Limits& limits, Answer answer, Refused refused,
                                             Reach reach) {
  auto connections = std::make_unique<Connections>(context, limits, std::move(answer), std::move(refused));
  const auto opened = connections->open(endpoint, reach);
  if (!opened) return opened.error();
  return std::unique_ptr<Server>(new Server(std::move(connections)));
}

const net::Endpoint& Server::endpoint() const { return connections_->endpoint(); }
std::size_t Server::connections() const { return connections_->open_count(); }
const telemetry::LimitHits& Server::limit_hits() const { return connections_->limit_hits(); }
void Server::close() { connections_->close(); }
awaitable<void> Server::left() { return connections_->left(); }

}  // namespace ocf::http
