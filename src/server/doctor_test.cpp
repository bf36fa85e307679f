#include "server/doctor.hpp"

#include "net/shard.hpp"
#include "pki/certificates.hpp"
#include "pki/key_file.hpp"
#include "server/certificates.hpp"
#include "server/data_directory.hpp"
#include "server/scratch_directory.hpp"
#include "server/test_running_hub.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <unistd.h>

namespace ocf::server {
namespace {

class DoctorTest : public testing::Test {
 protected:
  // What a first start leaves.
  void make_directory() {
    const DataDirectory data(config_.data);
    const Certificates made(data.pki(), data.sid(), config_.tls, net::wall_now());
  }

  ScratchDirectory scratch_;
  Config config_ = on_free_ports(scratch_.path() / "data");
};

// The worst of them.
Health health_of(const Findings& findings) {
  Health worst = Health::good;
  for (const Finding& finding : findings) worst = std::max(worst, finding.health);
  return worst;
}

bool say(const Findings& findings, std::string_view words) {
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.sentence.find(words) != std::string::npos;
  });
}

TEST_F(DoctorTest, FindsNothingWrongBeforeTheFirstStart) {
  for (const Findings& found : {look_at_data(config_), look_at_certificates(config_, net::wall_now()),
                                look_at_public_address(config_), look_at_hub(config_)}) {
    EXPECT_FALSE(found.empty());
    EXPECT_EQ(health_of(found), Health::good) << found.front().sentence;
  }
}

TEST_F(DoctorTest, KeysAreTheOwnersAlone) {
  make_directory();
  EXPECT_EQ(health_of(look_at_data(config_)), Health::good);
  std::filesystem::permissions(config_.data / "pki" / "hub.key", std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  const Findings found = look_at_data(config_);
  EXPECT_EQ(health_of(found), Health::bad);
  EXPECT_TRUE(say(found, "chmod go= " + (config_.data / "pki" / "hub.key").string()));
}

TEST_F(DoctorTest, FilesOfAnotherUserAreBad) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make one";
  make_directory();
  ASSERT_EQ(chown(config_.data.c_str(), 65534, 65534), 0);
  const Findings found = look_at_data(config_);
  EXPECT_EQ(health_of(found), Health::bad);
  EXPECT_TRUE(say(found, "chown -R --reference=" + config_.data.string()));
}

TEST_F(DoctorTest, ARestoreThatWasNotFinishedIsBad) {
  make_directory();
  std::ofstream(restoring_path(config_.data)) << "";
  EXPECT_TRUE(say(look_at_data(config_), "was not finished"));
}

TEST_F(DoctorTest, ADirectoryThatWasInUseAndLostSomethingIsBad) {
  make_directory();
  std::ofstream(config_.data / "started") << "";
  EXPECT_TRUE(say(look_at_data(config_), "lacks signing-key.pem, store/CURRENT"));
}

TEST_F(DoctorTest, ASigningKeyThatIsNoneIsBad) {
  make_directory();
  ASSERT_TRUE(pki::save(config_.data / "signing-key.pem", ""));
  EXPECT_TRUE(say(look_at_data(config_), "does not hold a P-256 private key"));
}

TEST_F(DoctorTest, ACertificateOfAnotherHubIsBad) {
  make_directory();
  EXPECT_EQ(health_of(look_at_certificates(config_, net::wall_now())), Health::good);
  ASSERT_TRUE(pki::save(config_.data / "sid", "00000000-0000-4000-8000-000000000001\n"));
  const Findings found = look_at_certificates(config_, net::wall_now());
  EXPECT_EQ(health_of(found), Health::bad);
  EXPECT_TRUE(say(found, "the hub is uuid:00000000-0000-4000-8000-000000000001"));
}

TEST_F(DoctorTest, ACertificateWithoutItsKeyIsBad) {
  make_directory();
  for (const char* key : {"ca.key", "hub.key"}) {
    const auto file = config_.data / "pki" / key;
    const std::string kept = pki::load(file).value();
    std::filesystem::remove(file);
    EXPECT_TRUE(say(look_at_certificates(config_, net::wall_now()), file.string() + " is missing")) << key;
    ASSERT_TRUE(pki::save(file, kept));
  }
  ASSERT_TRUE(
      pki::save(config_.data / "pki" / "hub.key", pki::load(config_.data / "pki" / "ca.key").value()));
  EXPECT_TRUE(say(look_at_certificates(config_, net::wall_now()), "and its key cannot be used"));
  std::filesystem::remove(config_.data / "pki" / "hub.key");
  std::filesystem::remove(config_.data / "pki" / "hub.crt");
  const Findings found = look_at_certificates(config_, net::wall_now());
  EXPECT_EQ(health_of(found), Health::good);
  EXPECT_TRUE(say(found, "The next start makes"));
}

TEST_F(DoctorTest, CertificatesAreDoubtfulAMonthBeforeTheirEnd) {
  make_directory();
  const Time end = net::wall_now() + Certificates::certificate_lifetime;
  const auto days = [](int count) { return std::chrono::days(count); };
  EXPECT_EQ(health_of(look_at_certificates(config_, net::wall_now())), Health::good);
  EXPECT_EQ(health_of(look_at_certificates(config_, end - days(31))), Health::good);
  EXPECT_EQ(health_of(look_at_certificates(config_, end - days(29))), Health::doubtful);
  EXPECT_EQ(health_of(look_at_certificates(config_, end + days(1))), Health::bad);
  ASSERT_TRUE(pki::save(config_.data / "pki" / "hub.crt", "nothing"));
  EXPECT_TRUE(say(look_at_certificates(config_, net::wall_now()), "hub.crt is no certificate"));
}

TEST_F(DoctorTest, AnAddressThatLeadsNowhereIsBad) {
  config_.listeners.coap_tls = Address{"0.0.0.0", 5684};
  EXPECT_EQ(health_of(look_at_public_address(config_)), Health::bad);
  config_.public_address = Address{"localhost", 5684};
  EXPECT_EQ(health_of(look_at_public_address(config_)), Health::good);
  config_.public_address = Address{"no-such-host.invalid", 5684};
  EXPECT_EQ(health_of(look_at_public_address(config_)), Health::bad);
}

TEST_F(DoctorTest, AListenerWhosePortIsTakenIsBad) {
  const RunningHub hub(config_);
  EXPECT_TRUE(say(look_at_hub(config_), "answers"));
  Config second = on_free_ports(scratch_.path() / "second");
  second.listeners.http = hub.addresses().http;
  const Findings found = look_at_hub(second);
  EXPECT_EQ(health_of(found), Health::bad);
  EXPECT_TRUE(say(found, "http cannot be opened"));
}

TEST_F(DoctorTest, MoreConnectionsThanDescriptorsAreDoubtful) {
  config_.limits.connections_max = 10;
  config_.limits.http_connections_max = 10;
  EXPECT_EQ(health_of(look_at_descriptors(config_)), Health::good);
  config_.limits.connections_max = std::size_t{1} << 40;
  EXPECT_EQ(health_of(look_at_descriptors(config_)), Health::doubtful);
}

}  // namespace
}  // namespace ocf::server
