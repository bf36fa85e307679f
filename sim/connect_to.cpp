#include "sim/connect_to.hpp"

#include "net/connect.hpp"
#include "net/error.hpp"
#include "net/tcp_stream.hpp"
#include "net/tls_stream.hpp"

#include <string_view>
#include <utility>

namespace ocf::sim {

using Made = Result<std::unique_ptr<net::Stream>>;

net::awaitable<Made> connect_to(net::Shard& shard, std::string uri,
                                std::shared_ptr<const net::TlsClientContext> tls) {
  constexpr std::string_view plain = "coap+tcp://";
  constexpr std::string_view secure = "coaps+tcp://";
  const bool is_secure = uri.starts_with(secure);
  const std::string_view address =
      std::string_view(uri).substr(is_secure ? secure.size() : std::min(plain.size(), uri.size()));
  const auto endpoint = net::parse_endpoint(address);
  if (!endpoint) co_return Made(endpoint.error());
  if (!(is_secure ? tls != nullptr : uri.starts_with(plain))) {
    co_return Made(make_error_code(net::NetError::malformed_endpoint));
  }
  auto socket = co_await net::connect(shard, *endpoint);
  if (!socket) co_return Made(socket.error());
  std::unique_ptr<net::Stream> stream;
  if (is_secure) {
    stream = std::make_unique<net::TlsStream>(std::move(*socket), *tls);
  } else {
    stream = std::make_unique<net::TcpStream>(std::move(*socket));
  }
  co_return Made(std::move(stream));
}

Connector by_network(net::Shard& shard, std::shared_ptr<const net::TlsClientContext> tls) {
  return [&shard, tls = std::move(tls)](std::string uri) { return connect_to(shard, std::move(uri), tls); };
}

}  // namespace ocf::sim
