#include "cbor/diagnostic.hpp"

#include <gtest/gtest.h>

namespace ocf::cbor {
namespace {

std::string diagnostic(std::string_view hex, const DiagnosticBounds& bounds = {}) {
  const auto text = to_diagnostic(*from_hex(hex), bounds);
  return text ? *text : "error: " + text.error().message();
}

bool is_token(std::string_view key) { return key == "token"; }

std::string without_tokens(std::string_view hex) {
  return to_diagnostic(*from_hex(hex), {}, is_token).value();
}

// RFC 8949, appendix A, where the notation differs from JSON or the length is not told before.
TEST(Diagnostic, IsThatOfTheRfc) {
  EXPECT_EQ(diagnostic("1bffffffffffffffff"), "18446744073709551615");
  EXPECT_EQ(diagnostic("3bffffffffffffffff"), "-18446744073709551616");
  EXPECT_EQ(diagnostic("f90000"), "0.0");
  EXPECT_EQ(diagnostic("f93e00"), "1.5");
  EXPECT_EQ(diagnostic("f97c00"), "Infinity");
  EXPECT_EQ(diagnostic("fb7ff8000000000000"), "NaN");
  EXPECT_EQ(diagnostic("faff800000"), "-Infinity");
  EXPECT_EQ(diagnostic("f4"), "false");
  EXPECT_EQ(diagnostic("f7"), "undefined");
  EXPECT_EQ(diagnostic("f0"), "simple(16)");
  EXPECT_EQ(diagnostic("f8ff"), "simple(255)");
  EXPECT_EQ(diagnostic("c11a514b67b0"), "1(1363896240)");
  EXPECT_EQ(diagnostic("d818456449455446"), "24(h'6449455446')");
  EXPECT_EQ(diagnostic("40"), "h''");
  EXPECT_EQ(diagnostic("62225c"), "\"\\\"\\\\\"");
  EXPECT_EQ(diagnostic("62c3bc"), "\"ü\"");
  EXPECT_EQ(diagnostic("80"), "[]");
  EXPECT_EQ(diagnostic("8301820203820405"), "[1, [2, 3], [4, 5]]");
  EXPECT_EQ(diagnostic("a0"), "{}");
  EXPECT_EQ(diagnostic("a26161016162820203"), "{\"a\": 1, \"b\": [2, 3]}");
  EXPECT_EQ(diagnostic("826161a161626163"), "[\"a\", {\"b\": \"c\"}]");
  EXPECT_EQ(diagnostic("5f42010243030405ff"), "(_ h'0102', h'030405')");
  EXPECT_EQ(diagnostic("7f657374726561646d696e67ff"), "(_ \"strea\", \"ming\")");
  EXPECT_EQ(diagnostic("5fff"), "''_");
  EXPECT_EQ(diagnostic("7fff"), "\"\"_");
  EXPECT_EQ(diagnostic("9fff"), "[_ ]");
  EXPECT_EQ(diagnostic("9f018202039f0405ffff"), "[_ 1, [2, 3], [_ 4, 5]]");
  EXPECT_EQ(diagnostic("83018202039f0405ff"), "[1, [2, 3], [_ 4, 5]]");
  EXPECT_EQ(diagnostic("bf61610161629f0203ffff"), "{_ \"a\": 1, \"b\": [_ 2, 3]}");
}

TEST(Diagnostic, CutsWhatIsTooLongBetweenCharacters) {
  DiagnosticBounds bounds;
  bounds.bytes_max = 4;
  EXPECT_EQ(diagnostic("820102", bounds), "[1, …");
  EXPECT_EQ(diagnostic("65c3bcc3bc61", bounds), "\"ü…");
  EXPECT_EQ(diagnostic("64c3bcc3bc", {{}, 6}), "\"üü\"");
}

TEST(Diagnostic, HidesTheValuesOfSecretKeys) {
  EXPECT_EQ(without_tokens("a265746f6b656e63616263616101"), "{\"token\": \"[secret]\", \"a\": 1}");
  EXPECT_EQ(without_tokens("a165746f6b656e82016161"), "{\"token\": \"[secret]\"}");  // whatever it is
  EXPECT_EQ(without_tokens("81a165746f6b656e6161"), "[{\"token\": \"[secret]\"}]");
  EXPECT_EQ(without_tokens("a17f62746f636b656eff6161"), "{(_ \"to\", \"ken\"): \"[secret]\"}");
  EXPECT_EQ(without_tokens("a1c165746f6b656e6161"), "{1(\"token\"): \"[secret]\"}");
  EXPECT_EQ(without_tokens("a1616165746f6b656e"), "{\"a\": \"token\"}");
}

TEST(Diagnostic, RefusesWhatIsNotWellFormed) {
  EXPECT_EQ(to_diagnostic(*from_hex("8201")).error(), CborError::truncated);
  EXPECT_EQ(to_diagnostic(*from_hex("0101")).error(), CborError::trailing_bytes);
  DiagnosticBounds shallow;
  shallow.item.depth_max = 1;
  EXPECT_EQ(to_diagnostic(*from_hex("818101"), shallow).error(), CborError::too_deep);
}

}  // namespace
}  // namespace ocf::cbor
