#include "cloud/aggregates.hpp"

#include "account/holder.hpp"
#include "store_memory/memory_event_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <ctime>
#include <string>

namespace ocf::cloud {
namespace {

using boost::asio::awaitable;

class UnsureStore final : public es::EventStore {
 public:
  enum class State { well, unsure, away };

  es::Partition partitions() const override { return memory_.partitions(); }
  es::awaitable<Result<std::vector<es::RecordedEvent>>> read(es::StreamId stream,
                                                             es::Version after) override {
    return memory_.read(std::move(stream), after);
  }
  es::awaitable<Result<es::EventBatch>> append(es::Append append) override {
    ++appends;
    if (state == State::unsure) co_return es::StoreError::outcome_unknown;
    if (state == State::away) co_return es::StoreError::unavailable;
    under_way_max = std::max(under_way_max, ++under_way_);
    const auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
    --under_way_;
    co_return co_await memory_.append(std::move(append));
  }
  es::awaitable<Result<void>> trim(es::Trim trim) override { return memory_.trim(std::move(trim)); }
  es::awaitable<Result<es::LogSlice>> read_partition(es::Partition partition, es::Offset from,
                                                     std::size_t limit) override {
    return memory_.read_partition(partition, from, limit);
  }

  State state = State::well;
  std::size_t appends = 0, under_way_max = 0;

 private:
  store_memory::MemoryEventStore memory_{4};
  std::size_t under_way_ = 0;
};

class AggregatesTest : public ::testing::Test {
 protected:
  using Holders = Aggregates<account::Holder>;

  static es::StreamId stream(std::size_t number) {
    return es::StreamId(account::Tenant("default"), "d" + std::to_string(number), 0, account::stream_name);
  }
  static awaitable<void> claim(Holders& holders, std::size_t from, std::size_t to) {
    for (std::size_t number = from; number < to; ++number) {
      account::ClaimDevice command{account::Owner("alice"), "grant"};
      es::Envelope envelope(Time{}, es::Audit{});
      (void)co_await holders.handle(stream(number), std::move(command), std::move(envelope));
    }
  }
  static awaitable<void> settle(Holders& holders, std::size_t& count) { count = co_await holders.settle(); }

  void run(awaitable<void> work) {
    boost::asio::co_spawn(loop, std::move(work), boost::asio::detached);
    loop.restart();
    loop.run();
  }
  std::size_t settle(Holders& holders) {
    std::size_t count = 0;
    run(settle(holders, count));
    return count;
  }
  // Of the processor, for so many commands beside so many streams that have to be kept.
  std::clock_t cost(std::size_t commands, std::size_t unsettled) {
    Holders holders(store, 1);
    store.state = UnsureStore::State::unsure;
    run(claim(holders, 0, unsettled));
    store.state = UnsureStore::State::away;
    const std::clock_t begun = std::clock();
    run(claim(holders, unsettled, unsettled + commands));
    return std::clock() - begun;
  }

  UnsureStore store;
  boost::asio::io_context loop;
};

TEST_F(AggregatesTest, CostTheSameHoweverManyHaveToBeKept) {
  const std::clock_t few = cost(2000, 10);
  const std::clock_t many = cost(2000, 4000);
  EXPECT_LT(many, 5 * few);
}

TEST_F(AggregatesTest, SettleTogether) {
  Holders holders(store, 1);
  store.state = UnsureStore::State::unsure;
  run(claim(holders, 0, 100));
  store.state = UnsureStore::State::away;
  store.appends = 0;
  EXPECT_EQ(settle(holders), 0u);
  EXPECT_EQ(store.appends, 1u) << "one tells that the store is away";
  store.state = UnsureStore::State::well;
  EXPECT_EQ(settle(holders), 100u);
  EXPECT_EQ(store.under_way_max, 99u) << "the others share a sync";
  EXPECT_EQ(settle(holders), 0u);
}

}  // namespace
}  // namespace ocf::cloud
