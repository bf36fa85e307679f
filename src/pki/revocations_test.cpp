#include "pki/revocations.hpp"

#include <gtest/gtest.h>

namespace ocf::pki {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view uuid = "00000000-0000-4000-8000-000000000001";
constexpr Time now{1'795'377'592s};
constexpr Validity one_year{now, now + 24h * 365};
using Texts = std::vector<std::string>;

class RevocationsTest : public testing::Test {
 protected:
  RevocationList only(const std::string& pem) const {
    auto lists = read_revocation_lists(pem, {authority_.certificate}).value();
    EXPECT_EQ(lists.size(), 1u);
    return lists.front();
  }

  const Credential authority_ = create_authority("Test authority", one_year).value();
};

TEST_F(RevocationsTest, AreListedAndSignedByTheAuthority) {
  const RevocationList list = only(revoke(authority_, "", {"0A:1b", "ff"}, now).value());
  EXPECT_EQ(list.issuer, "Test authority");
  EXPECT_EQ(list.serials, (Texts{"ff", "0a1b"}));
  EXPECT_EQ(list.next_update, one_year.not_after);
  EXPECT_TRUE(list.is_verified);
}

TEST_F(RevocationsTest, AddToTheListBefore) {
  const std::string first = revoke(authority_, "", {"01"}, now).value();
  const std::string second = revoke(authority_, first, {"02", "01"}, now + 1s).value();
  EXPECT_EQ(only(second).serials, (Texts{"01", "02"}));
  EXPECT_EQ(only(revoke(authority_, second, {}, now).value()).serials, (Texts{"01", "02"}));
}

TEST_F(RevocationsTest, DoNotGoOnFromAForeignList) {
  const Credential other = create_authority("Test authority", one_year).value();
  const std::string foreign = revoke(other, "", {"01"}, now).value();
  EXPECT_EQ(revoke(authority_, foreign, {"02"}, now).error(),
            make_error_code(PkiError::forged_revocation_list));
  EXPECT_EQ(read_revocation_lists(foreign, {authority_.certificate}).error(),
            make_error_code(PkiError::forged_revocation_list));
  EXPECT_TRUE(read_revocation_lists(foreign, {authority_.certificate + other.certificate}))
      << "of two CAs with that name one signed it";
}

TEST_F(RevocationsTest, OfAnIssuerThatIsNotKnownAreReadAndNotVerified) {
  const std::string list = revoke(authority_, "", {"01"}, now).value();
  const Credential other = create_authority("Other authority", one_year).value();
  const auto read = read_revocation_lists(list + list, {other.certificate});
  ASSERT_EQ(read.value().size(), 2u);
  EXPECT_FALSE(read->front().is_verified);
}

TEST_F(RevocationsTest, AreNotMadeFromBrokenInput) {
  EXPECT_EQ(revoke(authority_, "nothing", {}, now).error(),
            make_error_code(PkiError::malformed_revocation_list));
  EXPECT_EQ(revoke(authority_, "", {"xyz"}, now).error(), make_error_code(PkiError::malformed_serial));
  EXPECT_EQ(revoke({authority_.certificate, ""}, "", {}, now).error(),
            make_error_code(PkiError::malformed_private_key));
  EXPECT_EQ(read_revocation_lists("", {}).error(), make_error_code(PkiError::malformed_revocation_list));
  const std::string list = revoke(authority_, "", {}, now).value();
  EXPECT_EQ(
      read_revocation_lists(list + "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", {}).error(),
      make_error_code(PkiError::malformed_revocation_list));
}

TEST_F(RevocationsTest, TakeSerialsInTheFormsThatToolsPrint) {
  EXPECT_EQ(parse_serial("0A:1B").value(), "0a1b");
  EXPECT_EQ(parse_serial("0x00a1b").value(), "0a1b");
  EXPECT_EQ(parse_serial(std::string(40, 'f')).value(), std::string(40, 'f'));
  for (const std::string& wrong :
       {std::string(), std::string("0"), std::string("lamp"), std::string(42, 'f')}) {
    EXPECT_EQ(parse_serial(wrong).error(), make_error_code(PkiError::malformed_serial)) << wrong;
  }
}

TEST_F(RevocationsTest, KnowTheirOwnCertificatesFromForeignOnes) {
  const Credential device = issue_device(authority_, uuid, one_year).value();
  EXPECT_EQ(serial_of_issued(authority_, device.certificate).value(),
            read_serial(device.certificate).value());
  const Credential other = create_authority("Test authority", one_year).value();
  EXPECT_EQ(serial_of_issued(other, device.certificate).error(),
            make_error_code(PkiError::foreign_certificate));
  EXPECT_EQ(serial_of_issued(authority_, "").error(), make_error_code(PkiError::malformed_certificate));
}

}  // namespace
}  // namespace ocf::pki
