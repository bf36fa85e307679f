#include "cloud/retained_bytes.hpp"

#include <gtest/gtest.h>

namespace ocf::cloud {
namespace {

const es::Tenant a("a"), b("b");
constexpr Time begin{std::chrono::hours(1000)};
constexpr Time at(int grains) { return begin + grains * RetainedBytes::grain; }

TEST(RetainedBytes, AreCountedByTenant) {
  RetainedBytes bytes;
  bytes.add(a, {begin, 10, true});
  bytes.add(a, {begin, 5, false});
  bytes.add(b, {begin, 1, true});
  EXPECT_EQ(bytes.of(a), 15u);
  EXPECT_EQ(bytes.of(b), 1u);
  EXPECT_EQ(bytes.of(es::Tenant("c")), 0u);
  EXPECT_EQ(bytes.tenants(), (std::vector<es::Tenant>{a, b}));
  bytes.remove(a, {begin, 10, true});
  EXPECT_EQ(bytes.of(a), 5u);
}

TEST(RetainedBytes, HaveToGoFromTheOldestOn) {
  RetainedBytes bytes;
  for (int grains = 0; grains < 10; ++grains) bytes.add(a, {at(grains), 10, true});
  EXPECT_EQ(bytes.cutoff(a, 100, Time{}), std::nullopt);
  EXPECT_EQ(bytes.cutoff(a, 99, Time{}), at(1));
  EXPECT_EQ(bytes.cutoff(a, 70, Time{}), at(3));
  EXPECT_EQ(bytes.cutoff(a, 69, Time{}), at(4));
  EXPECT_EQ(bytes.cutoff(a, 0, Time{}), at(10));
  EXPECT_EQ(bytes.cutoff(b, 0, Time{}), std::nullopt);
}

TEST(RetainedBytes, WhatStayedIsNotCountedOnAgain) {
  RetainedBytes bytes;
  for (int grains = 0; grains < 4; ++grains) bytes.add(a, {at(grains), 10, true});
  EXPECT_EQ(bytes.cutoff(a, 35, at(2)), at(3));
  EXPECT_EQ(bytes.cutoff(a, 35, at(4)), std::nullopt);
}

TEST(RetainedBytes, WhatMayNotGoIsPassedOver) {
  RetainedBytes bytes;
  bytes.add(a, {at(0), 50, false});
  bytes.add(a, {at(1), 10, true});
  EXPECT_EQ(bytes.cutoff(a, 55, Time{}), at(2));
  EXPECT_EQ(bytes.cutoff(a, 1, Time{}), at(2)) << "as much as can be done";
  bytes.remove(a, {at(1), 10, true});
  EXPECT_EQ(bytes.cutoff(a, 1, Time{}), std::nullopt);
}

}  // namespace
}  // namespace ocf::cloud
