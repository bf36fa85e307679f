#include "base/bytes.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

namespace ocf {
namespace {

TEST(Hex, RoundTripsAndRefusesOddAndForeignDigits) {
  EXPECT_EQ(to_hex(Bytes{0x00, 0xab, 0xff}), "00abff");
  EXPECT_EQ(from_hex("00ABff").value(), (Bytes{0x00, 0xab, 0xff}));
  EXPECT_EQ(from_hex("0").error(), make_error_code(BytesError::not_hex));
  EXPECT_EQ(from_hex("0g").error(), make_error_code(BytesError::not_hex));
}

TEST(Base64url, MatchesTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base64url(as_bytes(plain)), encoded);
    EXPECT_EQ(as_text(from_base64url(encoded).value()), plain);
  }
}

TEST(Base64url, RefusesPaddingForeignLettersAndLooseBits) {
  for (const char* text : {"Zg==", "Z", "Zm9v YmFy", "Zm+v", "Zh"}) {
    EXPECT_FALSE(from_base64url(text).has_value()) << text;
  }
}

TEST(Base64url, RoundTripsEveryLength) {
  for (std::size_t length = 0; length < 70; ++length) {
    const Bytes bytes = random_bytes(length);
    EXPECT_EQ(from_base64url(to_base64url(bytes)).value(), bytes);
  }
}

TEST(Random, MakesVersion4Uuids) {
  const std::string uuid = random_uuid();
  ASSERT_EQ(uuid.size(), 36u);
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(uuid, random_uuid());
}

}  // namespace
}  // namespace ocf
