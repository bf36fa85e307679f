#include "server/commands/table.hpp"

#include "server/commands/event_line.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace ocf::server {
namespace {

TEST(Table, AlignsColumnsByWhatPeopleSee) {
  Table table({"NAME", "STATE"});
  table.add({"Küche", "online"});
  table.add({"a", ""});
  EXPECT_EQ(table.text(),
            "NAME   STATE\n"
            "Küche  online\n"
            "a\n");
}

TEST(EventLine, ShowsTheContentOrElseTheData) {
  EXPECT_EQ(
      event_line(boost::json::parse(
          R"({"time":"T","device":"D","href":"/a","type":"changed","data":{"epoch":1,"content":{"v":2}}})")),
      R"(T  D  /a  changed  {"v":2})");
  EXPECT_EQ(
      event_line(boost::json::parse(R"({"time":"T","device":"D","type":"connected","data":{"peer":"P"}})")),
      R"(T  D  connected  {"peer":"P"})");
}

}  // namespace
}  // namespace ocf::server
