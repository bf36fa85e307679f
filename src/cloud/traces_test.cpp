#include "cloud/traces.hpp"

#include <gtest/gtest.h>

namespace ocf::cloud {
namespace {

class TracesTest : public ::testing::Test {
 protected:
  void begin(const std::string& correlation) {
    Trace trace;
    trace.correlation = es::CorrelationId(correlation);
    traces_.begin(std::move(trace), Time(std::chrono::seconds(1)));
  }
  void note(const std::string& correlation, std::string what) {
    traces_.note(es::CorrelationId(correlation), Hop(Hop::Place::caller, std::move(what)));
  }
  const Trace* find(const std::string& correlation) const {
    return traces_.find(es::CorrelationId(correlation));
  }

  Limits limits_;
  telemetry::LimitHits hits_;
  Traces traces_{limits_, hits_};
};

TEST_F(TracesTest, KeepsTheHopsOfACommandInOrder) {
  begin("a");
  begin("b");
  note("a", "first");
  note("b", "of another");
  note("a", "second");
  note("c", "of nobody");
  ASSERT_NE(find("a"), nullptr);
  ASSERT_EQ(find("a")->hops.size(), 2u);
  EXPECT_EQ(find("a")->hops[0].what, "first");
  EXPECT_LE(find("a")->hops[0].after, find("a")->hops[1].after);
  EXPECT_EQ(find("c"), nullptr);
}

TEST_F(TracesTest, ForgetsTheOldest) {
  limits_.traces_max = 2;
  for (const char* correlation : {"a", "b", "c"}) begin(correlation);
  EXPECT_EQ(find("a"), nullptr);
  EXPECT_NE(find("b"), nullptr);
  EXPECT_NE(find("c"), nullptr);
  note("a", "too late");
}

TEST_F(TracesTest, LeavesOutLaterHopsOfALongTraceAndSaysSo) {
  limits_.trace_bytes_max = 1024;
  begin("a");
  note("a", "short");
  note("a", std::string(1024, 'x'));
  note("a", "short again");
  EXPECT_EQ(find("a")->hops.size(), 1u);
  EXPECT_EQ(find("a")->hops_left_out, 2u);
  EXPECT_EQ(hits_.count("trace_bytes_max"), 2u);
}

TEST_F(TracesTest, KeepsTheBeginningOfLongMessages) {
  const Hop hop = message_hop("sent", "GET", Bytes(5000, 1));
  EXPECT_EQ(hop.bytes.size(), 2048u);
  EXPECT_EQ(hop.bytes_all, 5000u);
}

}  // namespace
}  // namespace ocf::cloud
