#include "server/data_directory.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "ocf/device_id.hpp"
#include "pki/key_file.hpp"
#include "server/certificates.hpp"
#include "server/scratch_directory.hpp"

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
      EXPECT_EQ(e.what(), "another hub runs in " + scratch.path().string() + "; stop it, or give this one another --data");
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

class CertificatesTest : public testing::Test {
 protected:
  Certificates open(const std::vector<std::string>& trusted = {}) { return {data_.pki(), data_.sid(), trusted, now}; }
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
  const auto issued = open().issue_device(DeviceId::parse("00000000-0000-4000-8000-000000000001").value(), now);
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
  EXPECT_EQ(roles, (std::multiset<std::string>{"authority ocf-cloud " + data_.sid(), "hub uuid:" + data_.sid(),
                                               "trusted Their CA"}));
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

}  // namespace
}  // namespace ocf::server
