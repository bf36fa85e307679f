#include "cbor/cbor.hpp"
#include "cbor/vectors.hpp"

#include <gtest/gtest.h>

namespace ocf::cbor {
namespace {

std::string json_of(std::string_view hex) { return to_json(from_hex(hex).value()).value(); }
Error json_refusal(std::string_view hex) { return to_json(from_hex(hex).value()).error(); }
std::string cbor_of(std::string_view json) { return to_hex(from_json(json).value()); }

TEST(ToJson, MatchesTheExamplesOfRfc8949) {
  for (const Vector& vector : appendix_a) EXPECT_EQ(json_of(vector.hex), vector.json) << vector.hex;
}

TEST(ToJson, EscapesWhatJsonDoesNotAllowInTexts) {
  EXPECT_EQ(json_of("6b000708090a0c0d1f225c7f"), R"("\u0000\u0007\b\t\n\f\r\u001f\"\\)"
                                                 "\x7f\"");
}

TEST(ToJson, TurnsNumbersAndBooleansIntoKeys) {
  EXPECT_EQ(json_of("a601f52002f403f93e0004c16161053bffffffffffffffff06"),
            R"({"1":true,"-1":2,"false":3,"1.5":4,"a":5,"-18446744073709551616":6})");
}

TEST(ToJson, RefusesKeysWithoutAText) {
  for (const char* hex :
       {"a1f601", "a1f701", "a1800102", "a1a00100", "a1410001", "a1f97e0001", "a1f97c0001", "a1e001"}) {
    EXPECT_EQ(json_refusal(hex), CborError::not_representable) << hex;
  }
}

TEST(ToJson, RefusesWhatIsNotOneWellFormedItem) {
  EXPECT_EQ(json_refusal(""), CborError::truncated);
  EXPECT_EQ(json_refusal("0000"), CborError::trailing_bytes);
  EXPECT_EQ(json_refusal("81ff"), CborError::malformed);
  EXPECT_EQ(json_refusal("bf00ff"), CborError::malformed);
  EXPECT_EQ(json_refusal("bfc1ff"), CborError::malformed);
  EXPECT_EQ(json_refusal("62c328"), CborError::malformed);
}

TEST(FromJson, KeepsIntegersOf64BitsExactly) {
  const std::pair<const char*, const char*> vectors[] = {
      {"0", "00"},
      {"-1", "20"},
      {"9007199254740993", "1b0020000000000001"},  // 2^53 + 1
      {"9223372036854775807", "1b7fffffffffffffff"},
      {"9223372036854775808", "1b8000000000000000"},   // 2^63
      {"-9223372036854775808", "3b7fffffffffffffff"},  // -2^63
      {"18446744073709551615", "1bffffffffffffffff"},  // 2^64 - 1
  };
  for (const auto& [json, hex] : vectors) {
    EXPECT_EQ(cbor_of(json), hex);
    EXPECT_EQ(json_of(hex), json);
  }
}

TEST(FromJson, WritesOtherNumbersAsTheShortestFloat) {
  const std::pair<const char*, const char*> vectors[] = {
      {"1.5", "f93e00"},
      {"1.0", "f93c00"},
      {"1e3", "f963d0"},
      {"-0.0", "f98000"},
      {"0.1", "fb3fb999999999999a"},
      {"4.35", "fb4011666666666666"},
      {"123456789.12345678", "fb419d6f34547e6b74"},
      {"3.4028234663852886e+38", "fa7f7fffff"},
      {"2.2250738585072014e-308", "fb0010000000000000"},
      {"5e-324", "fb0000000000000001"},
      {"1e-999", "f90000"},
      {"18446744073709551616", "fa5f800000"},  // 2^64
      {"-9223372036854775809", "fadf000000"},  // below -2^63
  };
  for (const auto& [json, hex] : vectors) EXPECT_EQ(cbor_of(json), hex) << json;
}

TEST(FromJson, WritesTextsLiteralsAndContainersOfEverySize) {
  EXPECT_EQ(cbor_of(R"(["\u00fc\u6c34\ud800\udd51\u0000\n\/",true,false,null,{},[]])"),
            "866cc3bce6b0b4f0908591000a2ff5f4f6a080");
  std::string json = "[0";
  std::string hex = "00";
  for (int i = 1; i < 300; ++i) {
    json += ",0";
    hex += "00";
    if (i == 22) {
      EXPECT_EQ(cbor_of(json + "]"), "97" + hex);
    }
    if (i == 23) {
      EXPECT_EQ(cbor_of("[" + json + "]]"), "819818" + hex);
    }
  }
  EXPECT_EQ(cbor_of(R"({"a":)" + json + R"(],"b":1})"), "a2616199012c" + hex + "616201");
}

TEST(FromJson, AndBackGivesTheSameText) {
  for (const char* json : {R"({"a":1,"b":[2,3,{"c":"d"}],"e":1.5,"f":null,"g":[[],{}],"a":2})",
                           R"("\"\\\b\f\n\r\t\u0001")", "[0.1,2.0,-1e-07]", "\"\xf0\x9f\x92\xa1\"", "true"}) {
    EXPECT_EQ(to_json(from_json(json).value()).value(), json);
  }
}

TEST(FromJson, RefusesWhatIsNotJson) {
  for (const char* json : {"",
                           " ",
                           "{",
                           "[1,]",
                           "{\"a\"}",
                           "{a:1}",
                           "'a'",
                           "1 2",
                           "[1]]",
                           "nul",
                           "NaN",
                           "Infinity",
                           "+1",
                           "01",
                           "1.",
                           ".5",
                           "1e",
                           "\"\\x\"",
                           "\"\\ud800\"",
                           "\"\\udd51\"",
                           "\"\xff\"",
                           "\"\xed\xa0\x80\"",
                           "\"\n\"",
                           "// a\n1",
                           "1e999",
                           "-1e999",
                           "\"a"}) {
    EXPECT_EQ(from_json(json).error(), CborError::not_json) << json;
  }
}

TEST(FromJson, RefusesNestingAboveItsBound) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(from_json(nested(16)));
  EXPECT_EQ(from_json(nested(17)).error(), CborError::too_deep);
  EXPECT_EQ(from_json(std::string(100'000, '[')).error(), CborError::too_deep);
  std::string maps;
  for (int i = 0; i < 17; ++i) maps += R"({"a":)";
  EXPECT_EQ(from_json(maps).error(), CborError::too_deep);
}

TEST(FromJson, CountsItemsLikeTheReader) {
  const Bounds bounds{.depth_max = 16, .items_max = 5};
  for (const char* json : {R"({"a":1,"b":2})", "[1,2,3,4]", R"([[],{},"a",1.5])"}) {
    const auto item = from_json(json, bounds);
    ASSERT_TRUE(item) << json;
    EXPECT_TRUE(check(*item, bounds));
  }
  for (const char* json : {R"({"a":1,"b":[2]})", "[1,2,3,4,5]", R"([[],{},"a",1.5,null])"}) {
    EXPECT_EQ(from_json(json, bounds).error(), CborError::too_many_items) << json;
    EXPECT_EQ(check(from_json(json).value(), bounds).error(), CborError::too_many_items);
  }
}

TEST(CborError, HasASentenceForEach) {
  for (int value = 1; value <= static_cast<int>(CborError::not_representable); ++value) {
    EXPECT_NE(make_error_code(static_cast<CborError>(value)).message(), "unknown") << value;
  }
}

}  // namespace
}  // namespace ocf::cbor
