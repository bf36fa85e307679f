#include "auth_builtin/secret.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ocf::auth_builtin {
namespace {

const account::Tenant acme("acme");

TEST(Secret, DigestIsSha256) {
  EXPECT_EQ(to_hex(digest_of("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Secret, CodeSaysItsTenantAndIsRandom) {
  const CodeText code = CodeText::generate(acme);
  const auto parsed = CodeText::parse(code.text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->tenant, acme);
  EXPECT_EQ(parsed->digest, code.digest);
  EXPECT_EQ(code.digest, digest_of(code.text));
  EXPECT_NE(CodeText::generate(acme).text, code.text);
  EXPECT_EQ(code.text.size(), 6u + 1 + 22);
}

TEST(Secret, RefreshTokensOfACodeShareItsLineageAndNothingElse) {
  const CodeText code = CodeText::generate(acme);
  const RefreshText first = RefreshText::generate(acme, lineage_of(code));
  const RefreshText second = RefreshText::generate(acme, lineage_of(code));
  EXPECT_EQ(first.lineage_digest, second.lineage_digest);
  EXPECT_NE(first.digest, second.digest);
  EXPECT_NE(lineage_of(CodeText::generate(acme)), lineage_of(code));
  EXPECT_EQ(first.text.find(code.text.substr(7)), std::string::npos);
  const auto parsed = RefreshText::parse(first.text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->tenant, acme);
  EXPECT_EQ(parsed->lineage, first.lineage);
  EXPECT_EQ(parsed->lineage_digest, first.lineage_digest);
  EXPECT_EQ(parsed->digest, first.digest);
}

std::string tenant_part(std::string_view name) { return to_base64url(as_bytes(name)); }

TEST(Secret, RefusesWhatItWouldNotWrite) {
  const std::string sixteen(22, 'A'), thirty_two(43, 'A');
  ASSERT_TRUE(CodeText::parse("YWNtZQ." + sixteen));
  ASSERT_TRUE(RefreshText::parse("YWNtZQ." + sixteen + "." + thirty_two));
  const std::vector<std::string> tenants{"",
                                         "YWNtZQ=",
                                         "YWNtZR",
                                         "YWNt ZQ",
                                         tenant_part("a/b"),
                                         tenant_part("/"),
                                         tenant_part(std::string(129, 'a')),
                                         std::string(600, 'Y')};
  for (const std::string& tenant : tenants) {
    EXPECT_FALSE(CodeText::parse(tenant + "." + sixteen)) << tenant;
    EXPECT_FALSE(RefreshText::parse(tenant + "." + sixteen + "." + thirty_two)) << tenant;
  }
  for (const std::string secret :
       {"", "A", "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA.A"}) {
    EXPECT_FALSE(CodeText::parse("YWNtZQ." + secret)) << secret;
    EXPECT_FALSE(RefreshText::parse("YWNtZQ." + secret + "." + thirty_two)) << secret;
    EXPECT_FALSE(RefreshText::parse("YWNtZQ." + sixteen + "." + secret)) << secret;
  }
  for (const std::string text : {"", ".", "..", "...", "YWNtZQ"}) {
    EXPECT_FALSE(CodeText::parse(text)) << text;
    EXPECT_FALSE(RefreshText::parse(text)) << text;
  }
}

}  // namespace
}  // namespace ocf::auth_builtin
