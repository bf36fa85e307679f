#include "net/turn.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <vector>

namespace ocf::net {
namespace {

boost::asio::awaitable<void> work(Turn& turn, int number, std::vector<int>& order, int& inside) {
  const Turn::Held held = co_await turn.take();
  EXPECT_EQ(++inside, 1) << "one at a time";
  co_await boost::asio::post(boost::asio::use_awaitable);
  order.push_back(number);
  --inside;
}

TEST(Turn, ComesInTheOrderOfAsking) {
  boost::asio::io_context loop;
  Turn turn;
  std::vector<int> order, asked;
  int inside = 0;
  for (int number = 0; number < 20; ++number) {
    asked.push_back(number);
    boost::asio::co_spawn(loop, work(turn, number, order, inside), boost::asio::detached);
  }
  loop.run();
  EXPECT_EQ(order, asked);
}

}  // namespace
}  // namespace ocf::net
