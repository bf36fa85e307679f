// How a thread of the store answers a coroutine that waits on a shard.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace ocf::store_rocksdb {

// Made from the handler of an asynchronous operation. Keeps the handler's executor from running out of work;
// complete(), on any thread and once, posts the handler there.
template <class T>
class Waiter {
 public:
  template <class Handler>
  explicit Waiter(Handler handler) {
    const auto executor = boost::asio::get_associated_executor(handler);
    auto waiting = std::make_shared<Waiting<Handler, decltype(executor)>>(std::move(handler), executor);
    complete_ = [waiting](T answer) mutable {
      const auto home = waiting->work.get_executor();
      boost::asio::post(home, [waiting = std::move(waiting), answer = std::move(answer)]() mutable {
        // The coroutine may end within its handler, and its executor soon after: nothing of it is kept here
        // until then.
        const auto work = std::move(waiting->work);
        auto resume = std::move(waiting->handler);
        waiting.reset();
        std::move(resume)(std::move(answer));
      });
    };
  }

  void complete(T answer) { std::exchange(complete_, nullptr)(std::move(answer)); }

 private:
  template <class Handler, class Executor>
  struct Waiting {
    Waiting(Handler handler_, Executor executor) : handler(std::move(handler_)), work(executor) {}
    Handler handler;
    boost::asio::executor_work_guard<std::remove_const_t<Executor>> work;
  };

  std::function<void(T)> complete_;
};

}  // namespace ocf::store_rocksdb
