// What the streams share: waiting for a socket, and the names of its errors.
#pragma once

#include "base/result.hpp"
#include "net/shard.hpp"

#include <chrono>

namespace ocf::net {

// Resumes when the socket is ready, failed or closed. Only asio's own frame is parked: there is no coroutine
// here. Errors: closed, reset, or of the operating system.
awaitable<Result<void>> wait_until(Socket& socket, Socket::wait_type what);

awaitable<Result<void>> completed();

// The NetError for what a socket answered, or the same error where none fits.
Error translated(const Error& error);

// Non-blocking, TCP_NODELAY. Failures show at the first read: the peer may be gone already.
void prepare(Socket& socket);

// The kernel ends the connection when what was sent has not been acknowledged for so long (TCP_USER_TIMEOUT,
// RFC 5482): streams then answer `unacknowledged`. Without it that takes a quarter of an hour.
void give_up_after(Socket& socket, std::chrono::milliseconds silence);

}  // namespace ocf::net
