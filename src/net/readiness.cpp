#include "net/readiness.hpp"

#include "net/error.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace ocf::net {

namespace asio = boost::asio;

awaitable<Result<void>> wait_until(Socket& socket, Socket::wait_type what) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(Result<void>)>(
      [&socket, what](auto handler) {
        socket.async_wait(what, [handler = std::move(handler)](const Error& error) mutable {
          std::move(handler)(error ? Result<void>(translated(error)) : Result<void>());
        });
      },
      asio::use_awaitable);
}

awaitable<Result<void>> completed() { co_return Result<void>(); }

Error translated(const Error& error) {
  if (error == asio::error::would_block || error == asio::error::try_again) return NetError::would_block;
  if (error == asio::error::eof) return NetError::end_of_stream;
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe) return NetError::reset;
  if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor)
    return NetError::closed;
  if (error == asio::error::timed_out) return NetError::unacknowledged;
  return error;
}

void prepare(Socket& socket) {
  Error ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void give_up_after(Socket& socket, std::chrono::milliseconds silence) {
  const unsigned milliseconds = static_cast<unsigned>(silence.count());
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

}  // namespace ocf::net
