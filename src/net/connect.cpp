#include "net/connect.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ocf::net {

namespace asio = boost::asio;

awaitable<Result<Socket>> connect(Shard& shard, Endpoint endpoint) {
  Socket socket(shard.context());
  const auto [error] = co_await socket.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
  if (error) co_return error;
  co_return socket;
}

}  // namespace ocf::net
