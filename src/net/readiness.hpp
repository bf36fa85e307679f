// What the streams share: waiting for a socket, and the names of its errors.
#pragma once

#include "base/result.hpp"
#include "net/shard.hpp"

namespace ocf::net {

// Resumes when the socket is ready, failed or closed. Only asio's own frame is parked: there is no coroutine
// here. Errors: closed, reset, or of the operating system.
awaitable<Result<void>> wait_until(Socket& socket, Socket::wait_type what);

awaitable<Result<void>> completed();

// The NetError for what a socket answered, or the same error where none fits.
Error translated(const Error& error);

// Non-blocking, TCP_NODELAY. Failures show at the first read: the peer may be gone already.
void prepare(Socket& socket);

}  // namespace ocf::net
