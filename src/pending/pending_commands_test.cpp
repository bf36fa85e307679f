#include "pending/pending_commands.hpp"

#include "tests/history.hpp"

#include <gtest/gtest.h>

namespace ocf::pending {
namespace {

using device::DeviceKey;
using resource::Operation;
using resource::Resource;

const account::Tenant tenant("default");
const DeviceKey key(tenant, DeviceId::parse("00000000-0000-0000-0000-00000000000a").value(), 1);
const DeviceKey other(tenant, DeviceId::parse("00000000-0000-0000-0000-00000000000b").value(), 1);
const Href light("/light/1"), heater("/heater");

Time at(int seconds) { return Time(std::chrono::seconds(seconds)); }

// A read model that follows a scripted log.
class PendingCommandsTest : public ::testing::Test {
 protected:
  void append(const DeviceKey& device, const Href& href, const Resource::Event& event) {
    pending.apply(history.append<Resource>(resource::stream_of(device, href), event));
  }
  void requested(const DeviceKey& device, const Href& href, const char* correlation, int valid_until) {
    append(device, href,
           resource::CommandPending{Operation::update,
                                    es::CorrelationId(correlation),
                                    "if=oic.if.rw",
                                    {60, share({1})},
                                    at(valid_until)});
  }
  void dispatched(const char* correlation, device::Epoch epoch) {
    append(key, light, resource::CommandDispatched{es::CorrelationId(correlation), epoch});
  }
  void answered(const char* correlation) {
    append(key, light, resource::CommandAnswered{Operation::update, es::CorrelationId(correlation), {}, {}});
  }
  void ended(const char* correlation) {
    append(key, light, resource::CommandEnded{es::CorrelationId(correlation), resource::Ending::expired});
  }

  static std::vector<std::string> names(const std::vector<PendingCommand>& commands) {
    std::vector<std::string> names;
    for (const PendingCommand& command : commands) names.push_back(command.correlation.text());
    return names;
  }

  testing::History history;
  PendingCommands pending;
};

using Names = std::vector<std::string>;

TEST_F(PendingCommandsTest, AreThoseOfADeviceInTheOrderOfTheirAcceptance) {
  requested(key, light, "2", 20);
  requested(other, light, "x", 20);
  requested(key, heater, "1", 10);
  EXPECT_EQ(names(pending.of(key)), (Names{"2", "1"}));
  EXPECT_EQ(pending.count(key), 2u);
  EXPECT_EQ(pending.count(other), 1u);
  EXPECT_EQ(pending.count(DeviceKey(tenant, key.device, 2)), 0u);
  EXPECT_TRUE(pending.of(DeviceKey(tenant, key.device, 2)).empty());
}

TEST_F(PendingCommandsTest, SayAllThatTheDeviceIsAsked) {
  requested(key, light, "1", 20);
  const PendingCommand command = pending.of(key).front();
  EXPECT_EQ(command.device, key);
  EXPECT_EQ(command.href, light);
  EXPECT_EQ(command.operation, Operation::update);
  EXPECT_EQ(command.query, "if=oic.if.rw");
  EXPECT_EQ(command.content, (resource::Content{60, share({1})}));
  EXPECT_EQ(command.valid_until, at(20));
  EXPECT_EQ(command.dispatched_to, 0u);
}

TEST_F(PendingCommandsTest, KnowTheSessionTheyWereDispatchedTo) {
  requested(key, light, "1", 20);
  requested(key, light, "2", 20);
  dispatched("2", 5);
  EXPECT_EQ(pending.of(key)[0].dispatched_to, 0u);
  EXPECT_EQ(pending.of(key)[1].dispatched_to, 5u);
}

TEST_F(PendingCommandsTest, GoWithTheirAnswerOrEnding) {
  requested(key, light, "1", 20);
  requested(key, light, "2", 20);
  requested(key, light, "3", 20);
  answered("1");
  EXPECT_EQ(names(pending.of(key)), (Names{"2", "3"}));
  ended("3");
  EXPECT_EQ(names(pending.of(key)), Names{"2"});
  ended("2");
  EXPECT_EQ(pending.count(key), 0u);
  EXPECT_TRUE(pending.expired(at(1000)).empty());
  dispatched("2", 5);
  answered("2");
  EXPECT_EQ(pending.count(key), 0u);
}

// A reader of the log of a running hub has read a command, and then its end was trimmed.
TEST_F(PendingCommandsTest, GoWithTheBaselineOfTheirResource) {
  requested(key, light, "1", 20);
  requested(key, heater, "2", 20);
  requested(key, light, "3", 30);
  append(key, light, resource::BaselineTaken{});
  EXPECT_EQ(names(pending.of(key)), Names{"2"});
  EXPECT_EQ(pending.size(), 1u);
  requested(key, light, "4", 40);
  EXPECT_EQ(names(pending.of(key)), (Names{"2", "4"}));
  append(key, heater, resource::BaselineTaken{});
  append(key, light, resource::BaselineTaken{});
  EXPECT_TRUE(pending.all().empty());
}

TEST_F(PendingCommandsTest, ExpireInTheOrderOfTheirTime) {
  requested(key, light, "late", 30);
  requested(other, light, "early", 10);
  requested(key, heater, "middle", 20);
  EXPECT_TRUE(pending.expired(at(9)).empty());
  EXPECT_EQ(names(pending.expired(at(10))), Names{"early"});
  EXPECT_EQ(names(pending.expired(at(29))), (Names{"early", "middle"}));
  ended("middle");  // in another stream of the same device
  EXPECT_EQ(names(pending.expired(at(30))), (Names{"early", "late"}));
  EXPECT_EQ(pending.expired(at(30)).front().device, other);
}

TEST_F(PendingCommandsTest, OutliveTheRegistrationOfTheirDevice) {
  requested(key, light, "1", 20);
  pending.apply(
      history.append<device::Device>(key.stream(device::stream_name), device::DeviceDeregistered{}));
  EXPECT_EQ(names(pending.expired(at(20))), Names{"1"});
}

}  // namespace
}  // namespace ocf::pending
