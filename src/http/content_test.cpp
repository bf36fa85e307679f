#include "http/content.hpp"

#include "http/error.hpp"

#include <gtest/gtest.h>

namespace ocf::http {
namespace {

resource::Content content(std::uint16_t format, std::string_view hex) {
  resource::Content made;
  made.format = format;
  made.bytes = share(*from_hex(hex));
  return made;
}

std::string written(const resource::Content& content) {
  std::string text;
  JsonWriter json(text);
  write_content(json, content);
  return text;
}

constexpr std::string_view power_on = "a165706f776572f5";  // {"power": true}

TEST(Content, ShowsCborAsJsonInEveryFormatThatDevicesUseForIt) {
  for (const std::uint16_t format : {std::uint16_t{10000}, std::uint16_t{60}, resource::Content::no_format}) {
    EXPECT_EQ(written(content(format, power_on)), R"({"power":true})") << format;
  }
}

TEST(Content, ShowsJsonAsItIsAndWhatOnlyClaimsToBeItInHex) {
  EXPECT_EQ(written(content(50, to_hex(as_bytes("[1]")))), "[1]");
  EXPECT_EQ(written(content(50, to_hex(as_bytes("[1")))), R"({"format":50,"hex":"5b31"})");
}

TEST(Content, ShowsJsonOnOneLine) {
  constexpr std::string_view sent = "{\r\n  \"a\": [1,\n2\r],\n\"b\":\"c\\n\"}\n";
  EXPECT_EQ(written(content(50, to_hex(as_bytes(sent)))), R"({  "a": [1,2],"b":"c\n"})");
  EXPECT_EQ(written(content(50, to_hex(as_bytes("[\"a\nb\"]")))), R"({"format":50,"hex":"5b22610a62225d"})");
}

TEST(Content, ShowsWhatIsNoCborInHex) {
  EXPECT_EQ(written(content(10000, "a1")), R"({"format":10000,"hex":"a1"})");
  EXPECT_EQ(written(content(42, "00ff")), R"({"format":42,"hex":"00ff"})");
  EXPECT_EQ(written(content(resource::Content::no_format, "ff")), R"({"hex":"ff"})");
}

// The limits of the hub may be, or have been, higher than their defaults.
TEST(Content, ShowsAsJsonWhateverMayBeStored) {
  std::string nested;
  for (int depth = 0; depth < 63; ++depth) nested += "81";
  EXPECT_EQ(written(content(10000, nested + "80")), std::string(64, '[') + std::string(64, ']'));
  std::string ones;
  for (int item = 0; item < 20'000; ++item) ones += "01";
  EXPECT_TRUE(written(content(10000, "994e20" + ones)).starts_with("[1,1,"));
  EXPECT_TRUE(written(content(50, to_hex(as_bytes('[' + std::string(20'000, ' ') + ']')))).starts_with("["));
}

TEST(Content, IsNullWithoutPayload) {
  EXPECT_EQ(written({}), "null");
  EXPECT_EQ(written(content(10000, "")), "null");
}

TEST(Content, GivesABodyItsMediaType) {
  Response json(200), text(200), other(200), none(200);
  set_body(json, content(10000, power_on));
  EXPECT_EQ(json.field("content-type"), "application/json");
  EXPECT_EQ(json.body, R"({"power":true})");
  set_body(text, content(0, "6869"));
  EXPECT_EQ(text.field("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(text.body, "hi");
  set_body(other, content(10000, "a1"));
  EXPECT_EQ(other.field("content-type"), "application/octet-stream");
  EXPECT_EQ(other.body, "\xa1");
  set_body(none, {});
  EXPECT_EQ(none.field("content-type"), std::nullopt);
}

Request put(std::string media_type, std::string body) {
  Request request("PUT", "/");
  if (!media_type.empty()) request.fields.push_back({"Content-Type", std::move(media_type)});
  request.body = std::move(body);
  return request;
}

TEST(Content, TurnsAJsonBodyIntoOcfCbor) {
  for (const char* media_type :
       {"application/json", "application/json; charset=utf-8", "application/json ;charset=utf-8"}) {
    const auto made = content_of(put(media_type, R"({"power":true})"), {});
    ASSERT_TRUE(made) << media_type;
    EXPECT_EQ(made->format, 10000);
    EXPECT_EQ(to_hex(*made->bytes), power_on);
  }
}

TEST(Content, RefusesOtherMediaTypes) {
  for (const char* media_type : {"", "text/plain", "application/json-patch+json", "application/cbor"}) {
    const auto made = content_of(put(media_type, "{}"), {});
    ASSERT_FALSE(made) << media_type;
    EXPECT_EQ(made.error(), HttpError::unsupported_media_type) << media_type;
  }
}

TEST(Content, RefusesBodiesThatAreNotJsonOrNestTooDeeply) {
  Limits limits;
  limits.cbor_depth_max = 2;
  for (const char* body : {"", "{", "{} {}", "[[[1]]]"}) {
    const auto made = content_of(put("application/json", body), limits);
    ASSERT_FALSE(made) << body;
    EXPECT_EQ(made.error(), HttpError::body_not_json) << body;
  }
}

}  // namespace
}  // namespace ocf::http
