// The same work on many things at once, so many at a time: appends that wait together share a sync.
#pragma once

#include "net/gate.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace ocf::net {

inline constexpr std::size_t abreast_max = 256;

namespace detail {

template <class Item, class Work>
struct Abreast {
  Abreast(std::vector<Item> items_, Work work_) : items(std::move(items_)), work(std::move(work_)) {}

  std::vector<Item> items;
  Work work;
  std::size_t next = 0;
};

template <class Item, class Work>
awaitable<void> work_abreast(Abreast<Item, Work>& all, Gate::Holder) {
  while (all.next < all.items.size()) {
    Item item = std::move(all.items[all.next++]);
    (void)co_await all.work(std::move(item));
  }
}

}  // namespace detail

// Calls `work`, which is no coroutine itself but may return one with captures of its own, on each item,
// abreast_max at a time, begun in order; resumes when all have ended. Cannot be cancelled.
template <class Item, class Work>
awaitable<void> abreast(std::vector<Item> items, Work work) {
  const auto executor = co_await boost::asio::this_coro::executor;
  detail::Abreast<Item, Work> all(std::move(items), std::move(work));
  Gate gate;
  for (std::size_t workers = std::min(all.items.size(), abreast_max); workers > 0; --workers) {
    auto inside = gate.enter();
    boost::asio::co_spawn(executor, detail::work_abreast(all, std::move(*inside)), boost::asio::detached);
  }
  gate.close();
  co_await gate.left();
}

}  // namespace ocf::net
