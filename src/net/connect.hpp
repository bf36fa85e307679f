// Outgoing connections, of simulated devices and clients.
#pragma once

#include "base/result.hpp"
#include "net/endpoint.hpp"
#include "net/shard.hpp"

namespace ocf::net {

// A connected socket, to be wrapped in a TcpStream or TlsStream. Errors: of the operating system (connection
// refused …).
awaitable<Result<Socket>> connect(Shard& shard, Endpoint endpoint);

}  // namespace ocf::net
