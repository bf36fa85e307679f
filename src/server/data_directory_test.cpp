#include "server/data_directory.hpp"

#include "ocf/device_id.hpp"
#include "pki/key_file.hpp"
#include "pki/revocations.hpp"
#include "server/certificates.hpp"
#include "server/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sys/stat.h>

namespace ocf::server {
namespace {

constexpr Time now{std::chrono::milliseconds(1'760'000'000'000)};

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

TEST(DataDirectory, IsMadeForItsUserOnly) {
  const ScratchDirectory scratch;
  const DataDirectory data(scratch.path() / "a/b");
  EXPECT_EQ(mode_of(data.path()), 0700u);
  EXPECT_EQ(mode_of(data.pki()), 0700u);
  EXPECT_EQ(mode_of(data.path() / "sid"), 0600u);
  EXPECT_EQ(mode_of(data.path() / "lock"), 0600u);
}

TEST(DataDirectory, TheSidIsAUuidThatStays) {
  const ScratchDirectory scratch;
  const std::string sid = DataDirectory(scratch.path()).sid();
  EXPECT_TRUE(DeviceId::parse(sid).has_value());
  EXPECT_EQ(DataDirectory(scratch.path()).sid(), sid);
  const ScratchDirectory other;
  EXPECT_NE(DataDirectory(other.path()).sid(), sid);
}

TEST(DataDirectory, ADamagedSidIsRefused) {
  const ScratchDirectory scratch;
  std::ofstream(scratch.path() / "sid") << "nonsense";
  EXPECT_THROW(DataDirectory{scratch.path()}, std::runtime_error);
}

TEST(DataDirectory, ASecondHubIsRefusedUntilTheFirstIsGone) {
  const ScratchDirectory scratch;
  {
    const DataDirectory first(scratch.path());
    try {
      const DataDirectory second(scratch.path());
      FAIL();
    } catch (const std::runtime_error& e) {
      EXPECT_EQ(e.what(), "another hub runs in " + scratch.path().string() +
                              "; stop it, or give this one another --data");
    }
  }
  EXPECT_NO_THROW(DataDirectory{scratch.path()});
}

TEST(DataDirectory, KnowsWhetherAHubWasEverReady) {
  const ScratchDirectory scratch;
  {
    DataDirectory data(scratch.path());
    EXPECT_TRUE(data.first_start());
  }
  DataDirectory data(scratch.path());
  EXPECT_TRUE(data.first_start()) << "one that failed to start was not ready";
  data.mark_started();
  EXPECT_FALSE(data.first_start());
}

// Why a hub does not start there; empty: it does.
std::string refusal_of(const std::filesystem::path& path) {
  try {
    const DataDirectory data(path);
    return "";
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

TEST(DataDirectory, NothingIsMadeInThePlaceOfWhatIsLost) {
  const ScratchDirectory scratch;
  DataDirectory(scratch.path()).mark_started();
  std::filesystem::remove(scratch.path() / "sid");
  std::filesystem::remove_all(scratch.path() / "pki");
  const std::string refusal = refusal_of(scratch.path());
  EXPECT_NE(refusal.find("lacks sid, signing-key.pem, pki/ca.crt, pki/ca.key, store/CURRENT"),
            std::string::npos)
      << refusal;
  EXPECT_FALSE(std::filesystem::exists(scratch.path() / "sid"));
  EXPECT_FALSE(std::filesystem::exists(scratch.path() / "pki"));
}

TEST(DataDirectory, AFirstStartThatWasInterruptedGoesOn) {
  const ScratchDirectory scratch;
  { const DataDirectory interrupted(scratch.path()); }
  std::filesystem::remove(scratch.path() / "sid");
  EXPECT_EQ(refusal_of(scratch.path()), "");
}

TEST(DataDirectory, IsNoBackup) {
  const ScratchDirectory scratch;
  std::ofstream(manifest_path(scratch.path())) << "{}";
  EXPECT_NE(refusal_of(scratch.path()).find("is a backup"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(scratch.path() / "lock"));
}

class CertificatesTest : public testing::Test {
 protected:
  Certificates open(std::vector<std::string> trusted = {}, std::vector<std::string> lists = {}) {
    TlsConfig settings;
    settings.trusted_ca_files = std::move(trusted);
    settings.crl_files = std::move(lists);
    return {data_.pki(), data_.sid(), std::move(settings), now};
  }
  std::string write(const char* name, const std::string& content) {
    const auto file = scratch_.path() / name;
    std::ofstream(file) << content;
    return file.string();
  }
  // The serials that the hub's own list names.
  static std::vector<std::string> revoked_by(const Certificates& certificates) {
    const auto crls = certificates.tls().crls;
    if (crls.empty()) return {};
    auto lists = pki::read_revocation_lists(crls.front(), {certificates.authority()}).value();
    std::sort(lists.front().serials.begin(), lists.front().serials.end());
    return lists.front().serials;
  }
  std::string foreign_ca(const std::string& name) {
    return pki::create_authority(name, {now, now + std::chrono::hours(1)}).value().certificate;
  }

  ScratchDirectory scratch_;
  DataDirectory data_{scratch_.path()};
};

TEST_F(CertificatesTest, TheFirstStartMakesACaAndTheHubsCertificate) {
  const Certificates certificates = open();
  const net::TlsServerConfig tls = certificates.tls();
  EXPECT_EQ(pki::read_common_name(tls.certificate_chain).value(), "uuid:" + data_.sid());
  EXPECT_EQ(tls.ca_pool, std::vector<std::string>{certificates.authority()});
  EXPECT_EQ(mode_of(data_.pki() / "ca.key"), 0600u);
  EXPECT_EQ(mode_of(data_.pki() / "hub.key"), 0600u);
  EXPECT_TRUE(net::TlsServerContext::create(tls).has_value());
}

TEST_F(CertificatesTest, TheNextStartUsesWhatIsThere) {
  const std::string hub = open().tls().certificate_chain;
  const std::string authority = open().authority();
  EXPECT_EQ(open().tls().certificate_chain, hub);
  EXPECT_EQ(open().authority(), authority);
}

TEST_F(CertificatesTest, ACertificateWithoutItsKeyIsToldAndNotReplaced) {
  open();
  std::filesystem::remove(data_.pki() / "hub.key");
  EXPECT_THROW(open(), std::runtime_error);
}

TEST_F(CertificatesTest, ADevicesCertificateNamesTheDevice) {
  const auto issued =
      open().issue_device(DeviceId::parse("00000000-0000-4000-8000-000000000001").value(), now);
  ASSERT_TRUE(issued.has_value());
  EXPECT_EQ(pki::read_common_name(issued->certificate).value(), "uuid:00000000-0000-4000-8000-000000000001");
}

TEST_F(CertificatesTest, ATrustedCaStaysTrustedAndIsKeptOnce) {
  const std::string pem = foreign_ca("Their CA");
  Certificates certificates = open();
  EXPECT_EQ(certificates.trust(pem).value(), "Their CA");
  EXPECT_EQ(certificates.trust(pem).value(), "Their CA");
  EXPECT_EQ(certificates.tls().ca_pool.size(), 2u);
  const Certificates reopened = open();
  EXPECT_EQ(reopened.tls().ca_pool, (std::vector<std::string>{certificates.authority(), pem}));
  std::multiset<std::string> roles;
  for (const KeptCertificate& kept : reopened.list()) roles.insert(kept.role + " " + kept.common_name);
  EXPECT_EQ(roles, (std::multiset<std::string>{"authority ocf-cloud " + data_.sid(),
                                               "hub uuid:" + data_.sid(), "trusted Their CA"}));
}

TEST_F(CertificatesTest, WhatIsNoCertificateIsNotTrusted) {
  Certificates certificates = open();
  EXPECT_FALSE(certificates.trust("hello").has_value());
  EXPECT_EQ(certificates.tls().ca_pool.size(), 1u);
}

TEST_F(CertificatesTest, FilesOfTheConfigurationAreTrusted) {
  const std::string pem = foreign_ca("From a file");
  const std::string file = (scratch_.path() / "their.pem").string();
  std::ofstream(file) << pem;
  EXPECT_EQ(open({file}).tls().ca_pool.back(), pem);
  EXPECT_THROW(open({"/nowhere.pem"}), std::runtime_error);
}

TEST_F(CertificatesTest, AllThatWereIssuedForADeviceAreRevokedForGood) {
  Certificates certificates = open();
  const auto device = DeviceId::parse("00000000-0000-4000-8000-000000000001").value();
  const auto other = DeviceId::parse("00000000-0000-4000-8000-000000000002").value();
  std::vector<std::string> serials;
  for (int i = 0; i < 2; ++i) {
    serials.push_back(pki::read_serial(certificates.issue_device(device, now)->certificate).value());
  }
  certificates.issue_device(other, now);
  EXPECT_EQ(certificates.revoke(device.text(), now).value(), serials);
  std::sort(serials.begin(), serials.end());
  EXPECT_EQ(revoked_by(certificates), serials);
  EXPECT_EQ(revoked_by(open()), serials);
  EXPECT_EQ(mode_of(data_.pki() / "ca.crl"), 0600u);
  EXPECT_TRUE(net::TlsServerContext::create(open().tls()).has_value());
}

TEST_F(CertificatesTest, OneIsRevokedByItsSerialOrItsText) {
  Certificates certificates = open();
  const auto device = DeviceId::parse("00000000-0000-4000-8000-000000000001").value();
  const auto issued = certificates.issue_device(device, now).value();
  EXPECT_EQ(certificates.revoke("0A:1B", now).value(), std::vector<std::string>{"0a1b"});
  EXPECT_EQ(certificates.revoke(issued.certificate, now).value(),
            std::vector<std::string>{pki::read_serial(issued.certificate).value()});
  EXPECT_EQ(revoked_by(certificates).size(), 2u);
}

TEST_F(CertificatesTest, WhatIsNotOfThisAuthorityIsNotRevoked) {
  Certificates certificates = open();
  const auto nobody = certificates.revoke("00000000-0000-4000-8000-000000000001", now);
  EXPECT_EQ(nobody.error(), make_error_code(pki::PkiError::never_issued));
  EXPECT_EQ(certificates.revoke(foreign_ca("x"), now).error(),
            make_error_code(pki::PkiError::foreign_certificate));
  EXPECT_EQ(certificates.revoke("lamp", now).error(), make_error_code(pki::PkiError::malformed_serial));
  EXPECT_FALSE(std::filesystem::exists(data_.pki() / "ca.crl"));
}

TEST_F(CertificatesTest, ListsOfOtherAuthoritiesAreReadAndHeldAgainstThem) {
  const auto ca = pki::create_authority("Their CA", {now, now + std::chrono::hours(1)}).value();
  const std::string file = write("their.pem", ca.certificate);
  const std::string list = write("their.crl", pki::revoke(ca, "", {"01"}, now).value());
  const Certificates certificates = open({file}, {list});
  EXPECT_EQ(certificates.tls().crls.size(), 1u);
  EXPECT_EQ(certificates.list().back().role + " " + certificates.list().back().common_name, "crl Their CA");
  EXPECT_TRUE(certificates.warnings().empty());

  const Certificates without_ca = open({}, {list});
  ASSERT_EQ(without_ca.warnings().size(), 1u);
  EXPECT_NE(without_ca.warnings().front().find("no CA named 'Their CA' is trusted"), std::string::npos);
  const auto namesake = pki::create_authority("Their CA", {now, now + std::chrono::hours(1)}).value();
  const std::string forged = write("forged.crl", pki::revoke(namesake, "", {"01"}, now).value());
  EXPECT_THROW(open({file}, {forged}), std::runtime_error);
  EXPECT_THROW(open({file}, {file}), std::runtime_error);
}

TEST_F(CertificatesTest, AListThatIsOutOfDateIsWarnedOfAndStillCounts) {
  const auto ca =
      pki::create_authority("Their CA", {now - std::chrono::hours(2), now - std::chrono::hours(1)});
  const std::string list = write("their.crl", pki::revoke(*ca, "", {"01"}, now).value());
  const Certificates certificates = open({write("their.pem", ca->certificate)}, {list});
  EXPECT_EQ(certificates.tls().crls.size(), 1u);
  ASSERT_EQ(certificates.warnings().size(), 1u);
  EXPECT_NE(certificates.warnings().front().find("the list of 'Their CA' is out of date"), std::string::npos);
}

TEST_F(CertificatesTest, ReadingAgainTakesWhatTheFilesHoldAndMakesNothing) {
  Certificates certificates = open();
  const auto authority = pki::Credential{certificates.authority(), pki::load(data_.pki() / "ca.key").value()};
  const auto hub = pki::issue_hub(authority, data_.sid(), {now, now + std::chrono::hours(1)}).value();
  ASSERT_TRUE(pki::save(data_.pki() / "hub.crt", hub.certificate));
  ASSERT_TRUE(pki::save(data_.pki() / "hub.key", hub.private_key));
  EXPECT_EQ(certificates.read_again({}, now).tls().certificate_chain, hub.certificate);
  EXPECT_NE(certificates.tls().certificate_chain, hub.certificate);
  std::filesystem::remove(data_.pki() / "ca.crt");
  std::filesystem::remove(data_.pki() / "ca.key");
  EXPECT_THROW(certificates.read_again({}, now), std::runtime_error);
  EXPECT_FALSE(std::filesystem::exists(data_.pki() / "ca.key"));
}

}  // namespace
}  // namespace ocf::server
