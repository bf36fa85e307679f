#include "server/observability/top_view.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace ocf::server {
namespace {

namespace json = boost::json;

json::object document(double time, double commands, std::uint64_t quick, std::uint64_t slow, double refused) {
  json::object now;
  for (const char* name :
       {"devices", "devices_online", "connections", "http_connections", "commands_pending", "intake_entries",
        "write_queue_bytes", "store_queue_bytes", "read_model_lag_events", "resident_bytes", "descriptors"})
    now[name] = 1;
  json::object total;
  for (const char* name : {"messages_in", "messages_out", "notifications", "appends", "events",
                           "http_requests", "refusals", "limit_hits", "cpu_seconds"})
    total[name] = 0;
  total["commands"] = commands;
  const json::object seconds{{"bounds", json::array{0.01, 1.0}}, {"buckets", json::array{quick, slow, 0}}};
  const json::object none{{"bounds", json::array{0.01, 1.0}}, {"buckets", json::array{0, 0, 0}}};
  return {{"time", time},
          {"now", now},
          {"total", total},
          {"command_seconds", seconds},
          {"loop_seconds", none},
          {"refusals",
           json::array{json::object{{"stage", "tls"}, {"cause", "not_tls"}, {"count", 7}},
                       json::object{{"stage", "sign_in"}, {"cause", "bad_token"}, {"count", refused}}}},
          {"busiest", json::array{json::object{{"device", "d1"}, {"messages", 5}}}}};
}

TEST(TopView, TellsTheTimeBetween) {
  const auto view = top_view(document(100, 50, 90, 10, 3), document(102, 60, 190, 10, 5));
  EXPECT_EQ(view.at("seconds"), 2.0);
  EXPECT_EQ(view.at("per_second").at("commands"), 5.0);
  EXPECT_LE(view.at("command_seconds").at("p99").as_double(), 0.01);  // the slow ones were earlier
  EXPECT_TRUE(view.at("loop_seconds").as_object().empty());
  EXPECT_EQ(view.at("refusals"),
            (json::array{json::object{{"stage", "sign_in"}, {"cause", "bad_token"}, {"count", 2.0}}}));
}

TEST(TopView, ItsScreenHasALineForEach) {
  const std::string screen = top_screen(top_view(document(100, 50, 0, 0, 3), document(101, 60, 0, 10, 5)));
  EXPECT_NE(screen.find("commands    10.0/s, p50 "), std::string::npos) << screen;
  EXPECT_NE(screen.find("sign_in bad_token"), std::string::npos) << screen;
  EXPECT_NE(screen.find("late by - at p99"), std::string::npos) << screen;
  EXPECT_NE(screen.find("     5  d1"), std::string::npos) << screen;
}

TEST(TopView, RefusesWhatIsNoDocument) { EXPECT_THROW(top_view({}, {}), std::exception); }

}  // namespace
}  // namespace ocf::server
