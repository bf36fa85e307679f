#include "telemetry/counter_table.hpp"

#include "telemetry/limit_hits.hpp"

#include <gtest/gtest.h>

namespace ocf::telemetry {
namespace {

TEST(CounterTable, CountsByBothLabels) {
  CounterTable table;
  table.add("tls", "no_certificate");
  table.add("tls", "no_certificate", 2);
  table.add("tls", "not_tls");
  table.add("tcp", "not_tls");
  EXPECT_EQ(table.value("tls", "no_certificate"), 3u);
  EXPECT_EQ(table.value("tls", "not_tls"), 1u);
  EXPECT_EQ(table.value("tcp", "not_tls"), 1u);
  EXPECT_EQ(table.value("tcp", "no_certificate"), 0u);
  EXPECT_EQ(table.rows().size(), 3u);
}

TEST(CounterTable, WhatIsTooMuchIsCountedAsOther) {
  CounterTable table;
  for (std::size_t i = 0; i < CounterTable::rows_max + 10; ++i) table.add("row " + std::to_string(i));
  table.add("row 0");
  EXPECT_EQ(table.rows().size(), CounterTable::rows_max + 1);
  EXPECT_EQ(table.value("other"), 10u);
  EXPECT_EQ(table.value("row 0"), 2u);
}

TEST(LimitHits, AreCountedByTheNameOfTheLimit) {
  LimitHits hits;
  hits.hit("connections_max");
  hits.hit("connections_max");
  hits.hit("");
  EXPECT_EQ(hits.count("connections_max"), 2u);
  EXPECT_EQ(hits.count("frame_bytes_max"), 0u);
  EXPECT_EQ(hits.rows().size(), 1u);
}

}  // namespace
}  // namespace ocf::telemetry
