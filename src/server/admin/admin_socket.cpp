#include "server/admin/admin_socket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace ocf::server {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause{100};  // descriptors ran out

[[noreturn]] void cannot_make(const std::filesystem::path& path, const std::string& why) {
  throw std::runtime_error(fmt::format("the socket {} cannot be made: {}", path.string(), why));
}

// nullopt: the kernel does not say.
std::optional<uid_t> peer_of(asio::local::stream_protocol::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

bool peer_may_command(asio::local::stream_protocol::socket& socket) {
  const auto peer = peer_of(socket);
  return peer && may_command(*peer, geteuid());
}

}  // namespace

bool may_command(uid_t peer, uid_t hub) { return peer == hub || peer == 0; }

json::object refusal(const std::string& sentence, const char* exit) {
  json::object answer;
  answer["error"] = sentence;
  answer["exit"] = exit;
  return answer;
}

AdminSocket::AdminSocket(net::Shard& shard, std::filesystem::path path, Answer answer)
    : shard_(shard), path_(std::move(path)), answer_(std::move(answer)), acceptor_(shard.context()) {
  try {
    bind();
  } catch (const boost::system::system_error& e) {
    cannot_make(path_, e.code().message());
  } catch (const std::system_error& e) {
    cannot_make(path_, e.code().message());
  }
}

AdminSocket::~AdminSocket() { gate_.close(); }

void AdminSocket::bind() {
  const Protocol::endpoint endpoint(
      path_.string());             // throws if the path is longer than a socket's name may be
  std::filesystem::remove(path_);  // the lock of the data directory says that nobody listens there
  acceptor_.open();
  // Linux gives the file the mode of the socket: it is never open to others, not even for a moment.
  if (fchmod(acceptor_.native_handle(), 0600) != 0) throw std::system_error(errno, std::generic_category());
  acceptor_.bind(endpoint);
  acceptor_.listen();
}

void AdminSocket::start() {
  for (std::size_t i = 0; i < connections_max; ++i) {
    auto inside = gate_.enter();
    if (inside) shard_.spawn(accept(std::move(*inside)));
  }
}

net::awaitable<void> AdminSocket::stop() {
  gate_.close();
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& open : open_) {
    if (const auto socket = open.lock()) socket->close(ignored);
  }
  co_await gate_.left();
  std::error_code gone;
  std::filesystem::remove(path_, gone);
}

net::awaitable<void> AdminSocket::accept(net::Gate::Holder) {
  while (acceptor_.is_open()) {
    auto socket = std::make_shared<Socket>(shard_.context());
    const auto [error] = co_await acceptor_.async_accept(*socket, as_tuple);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      asio::steady_timer pause(shard_.context(), accept_pause);
      co_await pause.async_wait(as_tuple);
      continue;
    }
    if (!gate_.closed() && peer_may_command(*socket)) co_await serve(std::move(socket));
  }
}

net::awaitable<void> AdminSocket::serve(std::shared_ptr<Socket> socket) {
  open_.remove_if([](const auto& open) { return open.expired(); });
  open_.push_back(socket);
  asio::steady_timer deadline(shard_.context(), exchange_time);
  deadline.async_wait([late = std::weak_ptr(socket)](const boost::system::error_code& canceled) {
    boost::system::error_code ignored;
    if (const auto slow = late.lock(); slow && !canceled) slow->close(ignored);
  });

  const json::object answer = co_await exchange(*socket);
  std::string line = json::serialize(answer);
  line += '\n';
  co_await asio::async_write(*socket, asio::buffer(line), as_tuple);
}

net::awaitable<json::object> AdminSocket::exchange(Socket& socket) {
  std::string line;
  auto buffer = asio::dynamic_buffer(line, request_bytes_max);
  const auto [error, size] = co_await asio::async_read_until(socket, buffer, '\n', as_tuple);
  if (error) co_return refusal(fmt::format("a request is one line of at most {} bytes", request_bytes_max));
  boost::system::error_code malformed;
  json::value request = json::parse(std::string_view(line).substr(0, size), malformed);
  if (malformed || !request.is_object()) co_return refusal("a request is one JSON object");
  const auto peer = peer_of(socket);
  if (!peer) co_return refusal("nobody knows who asks");
  co_return co_await answer_(std::move(request.get_object()), *peer);
}

}  // namespace ocf::server
