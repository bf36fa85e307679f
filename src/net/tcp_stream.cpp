#include "net/tcp_stream.hpp"

#include "net/error.hpp"
#include "net/readiness.hpp"

#include <boost/asio/buffer.hpp>

namespace ocf::net {
namespace {

namespace asio = boost::asio;

Endpoint remote_endpoint(const Socket& socket) {
  Error ignored;
  return socket.remote_endpoint(ignored);
}

}  // namespace

TcpStream::TcpStream(Socket socket) : socket_(std::move(socket)), peer_(remote_endpoint(socket_)) {
  prepare(socket_);
}

awaitable<Result<void>> TcpStream::handshake() { return completed(); }

Result<std::size_t> TcpStream::try_read(std::span<std::uint8_t> buffer) {
  Error error;
  const std::size_t count = socket_.read_some(asio::buffer(buffer.data(), buffer.size()), error);
  if (error) return translated(error);
  return count;
}

Result<std::size_t> TcpStream::try_write(ByteView bytes) {
  Error error;
  const std::size_t count = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  if (error) return translated(error);
  return count;
}

awaitable<Result<void>> TcpStream::wait_readable() { return wait_until(socket_, Socket::wait_read); }

awaitable<Result<void>> TcpStream::wait_writable() { return wait_until(socket_, Socket::wait_write); }

void TcpStream::shutdown() {
  Error ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void TcpStream::shutdown_and_close() {
  shutdown();
  close();
}

void TcpStream::close() {
  Error ignored;
  socket_.close(ignored);
}

}  // namespace ocf::net
