// Connections of simulated devices and clients, by the URIs that OCF writes.
#pragma once

#include "net/gate.hpp"
#include "net/shard.hpp"
#include "net/stream.hpp"
#include "net/tls_context.hpp"

#include <functional>
#include <memory>
#include <string>

namespace ocf::sim {

// A stream to "coap+tcp://ADDRESS:PORT", or with TLS to "coaps+tcp://ADDRESS:PORT"; the handshake is still to
// come. Names are not resolved. Errors: malformed_endpoint, also for "coaps" without a context; those of
// net::connect.
net::awaitable<Result<std::unique_ptr<net::Stream>>> connect_to(
    net::Shard& shard, std::string uri, std::shared_ptr<const net::TlsClientContext> tls);

// How a simulated device or client reaches its cloud: connect_to(), or a network of a test's own.
using Connector = std::function<net::awaitable<Result<std::unique_ptr<net::Stream>>>(std::string uri)>;
Connector by_network(net::Shard& shard, std::shared_ptr<const net::TlsClientContext> tls = {});

}  // namespace ocf::sim
