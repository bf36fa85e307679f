#include "telemetry/trace_context.hpp"

#include <gtest/gtest.h>

namespace ocf::telemetry {
namespace {

const std::string trace_id = "0af7651916cd43dd8448eb211c80319c";
const std::string parent_id = "b7ad6b7169203331";

bool is_taken(const std::string& header) { return TraceContext::of(header).trace_id == trace_id; }

TEST(TraceContext, IsAChildOfTheSpanThatTheHeaderNames) {
  const TraceContext context = TraceContext::of("00-" + trace_id + '-' + parent_id + "-01");
  EXPECT_EQ(context.trace_id, trace_id);
  EXPECT_EQ(context.parent_id, parent_id);
  EXPECT_EQ(context.span_id.size(), 16u);
  EXPECT_NE(context.span_id, parent_id);
  EXPECT_EQ(context.traceparent(), "00-" + trace_id + '-' + context.span_id + "-01");
  EXPECT_TRUE(TraceContext::of("00-" + trace_id + '-' + parent_id + "-00").traceparent().ends_with("-00"));
}

TEST(TraceContext, BeginsATraceWithoutAHeaderThatIsWellFormed) {
  const TraceContext begun = TraceContext::of(std::nullopt);
  EXPECT_EQ(begun.trace_id.size(), 32u);
  EXPECT_EQ(begun.parent_id, "");
  EXPECT_TRUE(begun.traceparent().ends_with("-01"));
  EXPECT_NE(TraceContext::of(std::nullopt).trace_id, begun.trace_id);
  EXPECT_EQ(TraceContext().traceparent(), "");

  const std::string good = "00-" + trace_id + '-' + parent_id + "-01";
  EXPECT_TRUE(is_taken(good));
  EXPECT_FALSE(is_taken(""));
  EXPECT_FALSE(is_taken(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(is_taken(good + "-more"));  // version 00 has no more
  EXPECT_FALSE(is_taken("ff-" + trace_id + '-' + parent_id + "-01"));
  EXPECT_FALSE(is_taken("0-" + trace_id + '-' + parent_id + "-001"));
  EXPECT_FALSE(is_taken("00-" + trace_id + '-' + parent_id + "-0A"));
  EXPECT_FALSE(is_taken("00-" + trace_id + '_' + parent_id + "-01"));
  EXPECT_FALSE(is_taken("00-" + trace_id + "-0000000000000000-01"));
  const std::string upper = "00-0AF7651916CD43DD8448EB211C80319C-" + parent_id + "-01";
  EXPECT_NE(TraceContext::of(upper).trace_id, upper.substr(3, 32));
  const std::string zero = "00-" + std::string(32, '0') + '-' + parent_id + "-01";
  EXPECT_NE(TraceContext::of(zero).trace_id, std::string(32, '0'));
}

TEST(TraceContext, TakesWhatItKnowsOfALaterVersion) {
  const std::string later = "cc-" + trace_id + '-' + parent_id + "-01";
  EXPECT_TRUE(is_taken(later));
  EXPECT_TRUE(is_taken(later + "-what-the-future-brings"));
  EXPECT_FALSE(is_taken(later + ".what-the-future-brings"));
  EXPECT_TRUE(TraceContext::of(later).traceparent().starts_with("00-"));
}

}  // namespace
}  // namespace ocf::telemetry
