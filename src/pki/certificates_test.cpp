#include "pki/certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace ocf::pki {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view uuid = "00000000-0000-4000-8000-000000000001";
constexpr Time now{1'795'377'592s};
constexpr Validity one_year{now, now + 24h * 365};

struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, CertificateFree>;

Certificate parse(const Credential& credential) {
  BIO* const bio =
      BIO_new_mem_buf(credential.certificate.data(), static_cast<int>(credential.certificate.size()));
  Certificate certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  return certificate;
}

// 0 when `leaf` chains to `root` for the purpose at the time; else OpenSSL's reason.
int verify(const Credential& root, const Credential& leaf, int purpose, Time at) {
  const Certificate anchor = parse(root);
  const Certificate subject = parse(leaf);
  X509_STORE* const store = X509_STORE_new();
  X509_STORE_add_cert(store, anchor.get());
  X509_STORE_CTX* const context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, subject.get(), nullptr);
  X509_STORE_CTX_set_purpose(context, purpose);
  X509_STORE_CTX_set_time(context, 0,
                          std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_X509_STRICT);
  X509_verify_cert(context);
  const int reason = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return reason;
}

class CertificatesTest : public testing::Test {
 protected:
  const Credential authority_ = create_authority("Test authority", one_year).value();
};

TEST_F(CertificatesTest, ChainToTheirAuthorityAsServerAndAsClient) {
  for (const auto& issued :
       {issue_hub(authority_, uuid, one_year), issue_device(authority_, uuid, one_year)}) {
    ASSERT_TRUE(issued);
    EXPECT_EQ(verify(authority_, *issued, X509_PURPOSE_SSL_SERVER, now), X509_V_OK);
    EXPECT_EQ(verify(authority_, *issued, X509_PURPOSE_SSL_CLIENT, now), X509_V_OK);
  }
}

TEST_F(CertificatesTest, AreValidFromTheFirstToTheLastSecondOnly) {
  const Credential device = issue_device(authority_, uuid, Validity{now + 10s, now + 20s}).value();
  EXPECT_EQ(verify(authority_, device, X509_PURPOSE_SSL_CLIENT, now + 9s), X509_V_ERR_CERT_NOT_YET_VALID);
  EXPECT_EQ(verify(authority_, device, X509_PURPOSE_SSL_CLIENT, now + 10s), X509_V_OK);
  EXPECT_EQ(verify(authority_, device, X509_PURPOSE_SSL_CLIENT, now + 21s), X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_F(CertificatesTest, OfAnotherAuthorityDoNotChain) {
  const Credential other = create_authority("Test authority", one_year).value();
  const Credential device = issue_device(other, uuid, one_year).value();
  EXPECT_NE(verify(authority_, device, X509_PURPOSE_SSL_CLIENT, now), X509_V_OK);
}

TEST_F(CertificatesTest, OfADeviceCannotIssue) {
  const Credential device = issue_device(authority_, uuid, one_year).value();
  EXPECT_EQ(X509_check_ca(parse(device).get()), 0);
  EXPECT_EQ(X509_check_ca(parse(authority_).get()), 1);
}

TEST_F(CertificatesTest, CarryTheUsagesOfAnOcfIdentity) {
  const Certificate device = parse(issue_device(authority_, uuid, one_year).value());
  EXPECT_EQ(X509_get_key_usage(device.get()), KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT);
  auto* const usages =
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(device.get(), NID_ext_key_usage, nullptr, nullptr));
  ASSERT_NE(usages, nullptr);
  std::vector<std::string> texts;
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages); ++i) {
    char text[80];
    OBJ_obj2txt(text, sizeof text, sk_ASN1_OBJECT_value(usages, i), 1);
    texts.emplace_back(text);
  }
  EXTENDED_KEY_USAGE_free(usages);
  EXPECT_EQ(texts,
            (std::vector<std::string>{"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.44924.1.6"}));
}

TEST_F(CertificatesTest, OfAHubNameTheLocalHost) {
  const Certificate hub = parse(issue_hub(authority_, uuid, one_year).value());
  EXPECT_EQ(X509_check_host(hub.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(hub.get(), "127.0.0.1", 0), 1);
}

TEST_F(CertificatesTest, HaveSerialsOf128BitsThatDiffer) {
  const Certificate one = parse(issue_device(authority_, uuid, one_year).value());
  const Certificate two = parse(issue_device(authority_, uuid, one_year).value());
  BIGNUM* const serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(one.get()), nullptr);
  EXPECT_EQ(BN_num_bits(serial), 128);
  BN_free(serial);
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(one.get()), X509_get0_serialNumber(two.get())), 0);
}

TEST_F(CertificatesTest, TellTheirCommonName) {
  EXPECT_EQ(read_common_name(authority_.certificate).value(), "Test authority");
  EXPECT_EQ(read_common_name(issue_device(authority_, uuid, one_year)->certificate).value(),
            "uuid:" + std::string(uuid));
  EXPECT_EQ(read_expiry(issue_device(authority_, uuid, one_year)->certificate).value(),
            std::chrono::floor<std::chrono::seconds>(one_year.not_after));
  EXPECT_EQ(read_expiry("nothing").error(), make_error_code(PkiError::malformed_certificate));
  EXPECT_EQ(read_common_name("nothing").error(), make_error_code(PkiError::malformed_certificate));
}

TEST_F(CertificatesTest, AreNotIssuedFromBrokenInput) {
  const Credential no_certificate{"", authority_.private_key};
  EXPECT_EQ(issue_device(no_certificate, uuid, one_year).error(),
            make_error_code(PkiError::malformed_certificate));
  const Credential no_key{authority_.certificate, ""};
  EXPECT_EQ(issue_device(no_key, uuid, one_year).error(), make_error_code(PkiError::malformed_private_key));
  const Credential foreign_key{authority_.certificate, create_authority("Other", one_year)->private_key};
  EXPECT_EQ(issue_hub(foreign_key, uuid, one_year).error(), make_error_code(PkiError::malformed_private_key));
  EXPECT_EQ(issue_device(authority_, "", one_year).error(), make_error_code(PkiError::no_common_name));
  EXPECT_EQ(create_authority(std::string(65, 'x'), one_year).error(),
            make_error_code(PkiError::no_common_name));
}

}  // namespace
}  // namespace ocf::pki
