#include "server/observability/log.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace ocf::server {
namespace {

using telemetry::Level;
using telemetry::LogLine;

LogLine refusal() {
  LogLine line(Level::warn, "refused", "4.01 to POST /oic/sec/session: \"no\"");
  line.peer = "192.0.2.7:40112";
  line.device = "00000000-0000-4000-8000-000000000001";
  line.stage = "sign_in";
  line.cause = "bad_token";
  return line;
}

TEST(Log, PeopleReadWhoAndWhat) {
  EXPECT_EQ(telemetry::for_people(refusal()),
            "192.0.2.7:40112 00000000-0000-4000-8000-000000000001: 4.01 to POST /oic/sec/session: \"no\"");
  EXPECT_EQ(telemetry::for_people(LogLine(Level::info, "x", "only a text")), "only a text");
}

TEST(Log, AJsonLineHasTheFieldsThatThereAre) {
  const std::string text = as_json(refusal(), "2026-11-22T21:40:07.311Z");
  EXPECT_EQ(text.find('\n'), text.npos);
  const auto object = boost::json::parse(text).as_object();
  EXPECT_EQ(object.at("time"), "2026-11-22T21:40:07.311Z");
  EXPECT_EQ(object.at("level"), "warn");
  EXPECT_EQ(object.at("event"), "refused");
  EXPECT_EQ(object.at("text"), "4.01 to POST /oic/sec/session: \"no\"");
  EXPECT_EQ(object.at("device"), "00000000-0000-4000-8000-000000000001");
  EXPECT_EQ(object.at("peer"), "192.0.2.7:40112");
  EXPECT_EQ(object.at("stage"), "sign_in");
  EXPECT_EQ(object.at("cause"), "bad_token");
  EXPECT_FALSE(object.contains("limit"));
  EXPECT_FALSE(object.contains("trace"));
}

}  // namespace
}  // namespace ocf::server
