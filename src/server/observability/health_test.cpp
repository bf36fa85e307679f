#include "server/observability/health.hpp"

#include <gtest/gtest.h>

namespace ocf::server {
namespace {

Check holds(const std::string& name) {
  return {name, [] { return std::string(); }};
}
Check fails(const std::string& name) {
  return {name, [] { return std::string("it is full"); }};
}

TEST(Health, IsOkWhenEverythingHolds) {
  const auto response = health_response({holds("store"), holds("disk")}, Detail::failures);
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.body, "ok\n");
}

TEST(Health, NamesWhatFails) {
  const auto response = health_response({holds("store"), fails("disk")}, Detail::failures);
  EXPECT_EQ(response.status, 503u);
  EXPECT_EQ(response.body, "[-] disk: it is full\nnot ok\n");
}

TEST(Health, ListsEveryCheckWhereAsked) {
  EXPECT_EQ(health_response({holds("store"), fails("disk")}, Detail::all).body,
            "[+] store\n[-] disk: it is full\nnot ok\n");
  EXPECT_EQ(health_response({holds("store")}, Detail::all).body, "[+] store\nok\n");
}

}  // namespace
}  // namespace ocf::server
