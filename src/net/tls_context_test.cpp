#include "net/tls_context.hpp"

#include "net/error.hpp"
#include "net/tls_peer.hpp"
#include "net/tls_test_credentials.hpp"

#include <gtest/gtest.h>

namespace ocf::net {
namespace {

TEST(TlsServerContext, TakesSeveralAuthoritiesAlsoInOneText) {
  TlsServerConfig config = server_config();
  const auto other = pki::create_authority("Other authority", credentials().valid).value();
  config.ca_pool.push_back(other.certificate + credentials().authority.certificate);
  EXPECT_TRUE(TlsServerContext::create(config));
}

TEST(TlsServerContext, RefusesTextsWithoutACertificate) {
  TlsServerConfig config = server_config();
  config.certificate_chain = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(TlsServerContext::create(config).error(), make_error_code(NetError::malformed_certificate));
  config = server_config();
  config.ca_pool.push_back("");
  EXPECT_EQ(TlsServerContext::create(config).error(), make_error_code(NetError::malformed_certificate));
  config = server_config();
  config.ca_pool.front() += "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(TlsServerContext::create(config).error(), make_error_code(NetError::malformed_certificate));
}

TEST(TlsServerContext, RefusesAKeyOfAnotherCertificate) {
  TlsServerConfig config = server_config();
  config.private_key = credentials().device.private_key;
  EXPECT_EQ(TlsServerContext::create(config).error(), make_error_code(NetError::malformed_private_key));
  config.private_key = "";
  EXPECT_EQ(TlsServerContext::create(config).error(), make_error_code(NetError::malformed_private_key));
}

TEST(TlsServerContext, RefusesTextsWithoutARevocationList) {
  TlsServerConfig config = server_config();
  for (const char* text : {"", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"}) {
    config.crls = {text};
    EXPECT_EQ(TlsServerContext::create(config).error(), make_error_code(NetError::malformed_revocation_list));
  }
}

TEST(DeviceIdIn, FindsTheUuidBehindItsPrefixInLowerCase) {
  EXPECT_EQ(device_id_in("uuid:12345678-90AB-4cde-8f01-234567890abc"),
            "12345678-90ab-4cde-8f01-234567890abc");
  EXPECT_EQ(device_id_in("Lamp uuid:12345678-90ab-4cde-8f01-234567890abc (kitchen)"),
            "12345678-90ab-4cde-8f01-234567890abc");
}

TEST(DeviceIdIn, RefusesWhatIsNotOne) {
  for (const char* name :
       {"", "uuid:", "12345678-90ab-4cde-8f01-234567890abc", "uuid:12345678-90ab-4cde-8f01-234567890ab",
        "uuid:12345678-90ab-4cde-8f01-234567890abcd", "uuid:12345678-90ab-4cde-8f01-234567890abc-",
        "uuid:00000000-0000-0000-0000-000000000000", "uuid:12345678-90ab-4cde-8f01-23456789gabc",
        "uuid:12345678+90ab-4cde-8f01-234567890abc"}) {
    EXPECT_EQ(device_id_in(name), "") << name;
  }
}

}  // namespace
}  // namespace ocf::net
