#include "cloud/refusals.hpp"

#include <gtest/gtest.h>

namespace ocf::cloud {
namespace {

DeviceId device_number(int number) {
  return DeviceId::parse("028acc3a-d1a5-4246-79cd-0000000000" + std::to_string(10 + number)).value();
}

class RefusalsTest : public testing::Test {
 protected:
  device::Refusal refuse(std::string reason, std::string peer, std::optional<DeviceId> device = {}) {
    device::Refusal refusal;
    refusal.peer = std::move(peer);
    refusal.device = device;
    refusal.reason = std::move(reason);
    refusal.time = now_ += std::chrono::seconds(1);
    return refusals.record(std::move(refusal));
  }
  // The reasons, newest first, joined by spaces.
  static std::string reasons(const std::vector<device::Refusal>& found) {
    std::string text;
    for (const device::Refusal& refusal : found) text += (text.empty() ? "" : " ") + refusal.reason;
    return text;
  }

  // With how often each was refused, and for how many seconds.
  static std::string counts(const std::vector<device::Refusal>& found) {
    std::string text;
    for (const device::Refusal& refusal : found) {
      const auto seconds = std::chrono::floor<std::chrono::seconds>(refusal.time - refusal.since).count();
      text += (text.empty() ? "" : " ") + refusal.reason + std::to_string(refusal.count) + '/' +
              std::to_string(seconds);
    }
    return text;
  }

  Time now_{};
  Limits limits;
  Refusals refusals{limits};
};

TEST_F(RefusalsTest, AreFoundByDeviceAndByAddressWhateverThePort) {
  refuse("a", "192.0.2.7:1", device_number(1));
  refuse("b", "192.0.2.7:2");
  refuse("c", "[2001:db8::1]:3", device_number(1));
  EXPECT_EQ(reasons(refusals.of_device(device_number(1))), "c a");
  EXPECT_EQ(reasons(refusals.of_address("192.0.2.7")), "b a");
  EXPECT_EQ(reasons(refusals.of_address("2001:db8::1")), "c");
  EXPECT_EQ(reasons(refusals.of_device(device_number(2))), "");
}

TEST_F(RefusalsTest, LatestNamesEachOnceNewestFirst) {
  refuse("a", "192.0.2.7:1", device_number(1));
  refuse("b", "192.0.2.8:1", device_number(2));
  refuse("c", "192.0.2.7:1", device_number(1));
  EXPECT_EQ(reasons(refusals.latest(10)), "c b a");
  EXPECT_EQ(reasons(refusals.latest(2)), "c b");
}

TEST_F(RefusalsTest, KeepsTheNewestOfASubject) {
  limits.refusals_per_subject_max = 2;
  for (const char* reason : {"a", "b", "c"}) refuse(reason, "192.0.2.7:1", device_number(1));
  EXPECT_EQ(reasons(refusals.of_device(device_number(1))), "c b");
  EXPECT_EQ(reasons(refusals.of_address("192.0.2.7")), "c b");
}

TEST_F(RefusalsTest, CountsWhatIsRefusedAgainInsteadOfFillingItsPlaces) {
  limits.refusals_per_subject_max = 2;
  refuse("a", "192.0.2.7:1", device_number(1));
  for (int port = 2; port < 6; ++port) {  // a loop of two refusals
    refuse("b", "192.0.2.7:" + std::to_string(port), device_number(1));
    refuse("c", "192.0.2.7:" + std::to_string(port), device_number(1));
  }
  EXPECT_EQ(counts(refusals.of_device(device_number(1))), "c4/6 b4/6");
  EXPECT_EQ(counts(refusals.of_address("192.0.2.7")), "c4/6 b4/6");
  EXPECT_EQ(counts(refusals.latest(10)), "c4/6 b4/6");
  EXPECT_EQ(refusals.of_device(device_number(1)).front().peer, "192.0.2.7:5");
  EXPECT_EQ(refuse("c", "192.0.2.7:9", device_number(1)).count, 5u);
}

TEST_F(RefusalsTest, DoesNotCountTogetherWhatDiffers) {
  refuse("a", "192.0.2.7:1", device_number(1));
  refuse("a", "192.0.2.7:1", device_number(2));
  refuse("a", "192.0.2.8:1", device_number(1));
  refuse("a", "192.0.2.7:1");
  device::Refusal other_cause;
  other_cause.peer = "192.0.2.7:1";
  other_cause.device = device_number(1);
  other_cause.reason = "a";
  other_cause.fault.cause = device::Cause::bad_token;
  refusals.record(other_cause);
  for (const device::Refusal& refusal : refusals.latest(10)) EXPECT_EQ(refusal.count, 1u);
  EXPECT_EQ(refusals.latest(10).size(), 5u);
}

TEST_F(RefusalsTest, WhatSomebodyUnknownInventsIsOneOfAKindWithTheNewestReason) {
  refuse("/1", "192.0.2.7:1");
  refuse("/2", "192.0.2.7:1");
  EXPECT_EQ(refuse("/3", "192.0.2.7:2").count, 3u);
  refuse("/4", "192.0.2.8:1");
  EXPECT_EQ(counts(refusals.latest(10)), "/41/0 /33/2");
}

TEST_F(RefusalsTest, ADeviceKeepsItsCountAlsoWhereItsAddressHasForgottenIt) {
  limits.refusals_per_subject_max = 1;
  refuse("a", "192.0.2.7:1", device_number(1));
  refuse("b", "192.0.2.7:1", device_number(2));
  refuse("a", "192.0.2.7:1", device_number(1));
  EXPECT_EQ(counts(refusals.of_device(device_number(1))), "a2/2");
  EXPECT_EQ(counts(refusals.of_address("192.0.2.7")), "a2/2");
}

TEST_F(RefusalsTest, AnotherRegistrationOfADeviceIsCountedAnew) {
  refuse("a", "192.0.2.7:1", device_number(1));
  refuse("a", "192.0.2.7:1", device_number(1));
  refusals.count_anew(device_number(1));
  refuse("a", "192.0.2.7:1", device_number(1));
  refuse("a", "192.0.2.7:1", device_number(1));
  EXPECT_EQ(counts(refusals.of_device(device_number(1))), "a2/1 a2/1");
}

TEST_F(RefusalsTest, ForgetsWhoWasRefusedLeastRecently) {
  limits.refusal_subjects_max = 3;  // an address, two devices
  refuse("a", "192.0.2.7:1", device_number(1));
  refuse("b", "192.0.2.7:1", device_number(2));
  refuse("c", "192.0.2.7:1", device_number(1));
  refuse("d", "192.0.2.7:1", device_number(3));
  EXPECT_EQ(reasons(refusals.of_device(device_number(2))), "");
  EXPECT_EQ(reasons(refusals.of_device(device_number(1))), "c a");
  EXPECT_EQ(reasons(refusals.of_device(device_number(3))), "d");
  EXPECT_EQ(reasons(refusals.of_address("192.0.2.7")), "d c b a");
}

TEST_F(RefusalsTest, MakesAReasonOnePrintableLineOfABoundedLength) {
  limits.refusal_text_bytes_max = 8;
  EXPECT_EQ(refuse("a\nb", "192.0.2.7:1").reason, "a%0ab");
  EXPECT_EQ(refuse("\n\n\n\n\n\n\n\n\n", "192.0.2.7:1").reason, "%0a%0a%0");
  EXPECT_EQ(refusals.of_address("192.0.2.7").front().reason, "%0a%0a%0");
}

}  // namespace
}  // namespace ocf::cloud
