#include "http/json_writer.hpp"

#include <gtest/gtest.h>

namespace ocf::http {
namespace {

TEST(JsonWriter, PutsCommasBetweenValuesAndNowhereElse) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("a").begin_array().number(1).number(-2).begin_array().end_array().begin_object().end_object();
  json.null().end_array().key("b").boolean(true).key("c").json("{\"d\":1.5}").key("e").text("").end_object();
  EXPECT_EQ(text, R"({"a":[1,-2,[],{},null],"b":true,"c":{"d":1.5},"e":""})");
}

TEST(JsonWriter, EscapesWhatAStringCannotHold) {
  std::string text;
  JsonWriter(text).begin_array().text("\"\\/\n\t\x01\x1f" "é").text("[").text("{").text(":").end_array();
  EXPECT_EQ(text, "[\"\\\"\\\\/\\n\\u0009\\u0001\\u001f" "é\",\"[\",\"{\",\":\"]");
}

TEST(JsonWriter, KeepsEveryDigitOfAnInteger) {
  std::string text;
  JsonWriter(text).begin_array().number(std::uint64_t{18446744073709551615u}).end_array();
  EXPECT_EQ(text, "[18446744073709551615]");
}

}  // namespace
}  // namespace ocf::http
