#include "bus_local/local_event_bus.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ocf::bus_local {
namespace {

using es::EventBatch;
using Subscription = es::EventBus::Subscription;

EventBatch batch_at(es::Offset offset) {
  es::RecordedEvent event{{0, offset}, es::StreamId(es::Tenant("t"), "d", 1, "device"), offset, {}};
  return std::make_shared<const std::vector<es::RecordedEvent>>(1, event);
}

// Writes down who got what: "a1 b1 a2".
struct LocalBus : ::testing::Test {
  void got(char who, const EventBatch& batch) {
    if (!seen.empty()) seen += ' ';
    seen += who;
    seen += std::to_string(batch->front().position.offset);
  }
  Subscription subscribe(char who) {
    return bus.subscribe([this, who](const EventBatch& batch) { got(who, batch); });
  }

  LocalEventBus bus;
  std::string seen;
};

TEST_F(LocalBus, TellsEveryConsumerInOrderOfPublication) {
  const auto a = subscribe('a');
  const auto b = subscribe('b');
  bus.publish(batch_at(1));
  bus.publish(batch_at(2));
  EXPECT_EQ(seen, "a1 b1 a2 b2");
}

TEST_F(LocalBus, CallsNobodyWhoseSubscriptionEnded) {
  auto a = subscribe('a');
  const auto b = subscribe('b');
  bus.publish(batch_at(1));
  a.reset();
  bus.publish(batch_at(2));
  EXPECT_EQ(seen, "a1 b1 b2");
}

TEST_F(LocalBus, LetsAConsumerEndItsOwnSubscription) {
  Subscription once;
  once = bus.subscribe([this, &once](const EventBatch& batch) {
    once.reset();
    got('o', batch);
  });
  const auto a = subscribe('a');
  bus.publish(batch_at(1));
  bus.publish(batch_at(2));
  EXPECT_EQ(seen, "o1 a1 a2");
}

TEST_F(LocalBus, LetsAConsumerEndALaterOneBeforeItIsCalled) {
  Subscription later;
  const auto first = bus.subscribe([this, &later](const EventBatch& batch) {
    later.reset();
    got('f', batch);
  });
  later = subscribe('l');
  bus.publish(batch_at(1));
  EXPECT_EQ(seen, "f1");
}

TEST_F(LocalBus, TellsASubscriberFromWithinOfTheNextBatchOn) {
  std::vector<Subscription> added;
  const auto first = bus.subscribe([this, &added](const EventBatch& batch) {
    got('f', batch);
    for (int count = 0; count < 100 && added.size() < 100; ++count) added.push_back(subscribe('n'));
    added.resize(100);
  });
  bus.publish(batch_at(1));
  EXPECT_EQ(seen, "f1");
  added.resize(1);
  bus.publish(batch_at(2));
  EXPECT_EQ(seen, "f1 f2 n2");
}

TEST_F(LocalBus, DeliversWhatAConsumerPublishesAfterTheCurrentBatch) {
  const auto first = bus.subscribe([this](const EventBatch& batch) {
    got('f', batch);
    if (batch->front().position.offset == 1) bus.publish(batch_at(2));
  });
  const auto second = subscribe('s');
  bus.publish(batch_at(1));
  EXPECT_EQ(seen, "f1 s1 f2 s2");
}

TEST_F(LocalBus, MayEndBeforeItsSubscriptions) {
  auto bus_of_another_life = std::make_unique<LocalEventBus>();
  auto subscription = bus_of_another_life->subscribe([](const EventBatch&) {});
  bus_of_another_life.reset();
  subscription.reset();
}

}  // namespace
}  // namespace ocf::bus_local
