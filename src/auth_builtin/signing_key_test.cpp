#include "auth_builtin/signing_key.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <fstream>
#include <stdexcept>
#include <stdlib.h>
#include <sys/stat.h>

namespace ocf::auth_builtin {
namespace {

// The key of RFC 7515, appendix A.3.
constexpr char rfc7515_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
    "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
    "-----END PRIVATE KEY-----\n";

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

template <class Write>
std::string pem(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  write(memory);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  std::string result(text, static_cast<std::size_t>(size));
  BIO_free(memory);
  return result;
}

struct SigningKeyFile : ::testing::Test {
  SigningKeyFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "signing_key_XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    file = folder / "signing-key.pem";
  }
  ~SigningKeyFile() override { std::filesystem::remove_all(folder); }

  void write(const std::string& content, mode_t mode = 0600) const {
    std::ofstream(file) << content;
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
  }
  // What is said when the file cannot be used.
  std::string complaint() const {
    try {
      SigningKey::load_or_create(file);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

  std::filesystem::path folder, file;
};

TEST(SigningKey, TakesItsOwnSignatureOnly) {
  const SigningKey key = SigningKey::generate();
  const Bytes message = {1, 2, 3};
  Bytes signature = key.sign(message);
  EXPECT_EQ(signature.size(), 64u);
  EXPECT_TRUE(key.verify(message, signature));
  EXPECT_FALSE(key.verify(Bytes{1, 2, 4}, signature));
  EXPECT_FALSE(SigningKey::generate().verify(message, signature));
  for (std::uint8_t& byte : signature) {
    byte ^= 1;
    EXPECT_FALSE(key.verify(message, signature));
    byte ^= 1;
  }
}

TEST(SigningKey, RefusesNumbersOutOfRange) {
  const SigningKey key = SigningKey::generate();
  const Bytes message = {1, 2, 3};
  const Bytes order = from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").value();
  const Bytes good = key.sign(message);
  for (const Bytes& number : {Bytes(32, 0x00), Bytes(32, 0xff), order}) {
    Bytes bad_r = good, bad_s = good, both = number;
    std::copy(number.begin(), number.end(), bad_r.begin());
    std::copy(number.begin(), number.end(), bad_s.begin() + 32);
    both.insert(both.end(), number.begin(), number.end());
    for (const Bytes& signature : {bad_r, bad_s, both}) EXPECT_FALSE(key.verify(message, signature));
  }
  EXPECT_FALSE(key.verify(message, {}));
  EXPECT_FALSE(key.verify(message, ByteView(good).first(63)));
}

TEST_F(SigningKeyFile, IsMadeOnceAndReadAfterwards) {
  const SigningKey made = SigningKey::load_or_create(file);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const SigningKey read = SigningKey::load_or_create(file);
  EXPECT_EQ(read.id(), made.id());
  EXPECT_TRUE(made.verify(Bytes{7}, read.sign(Bytes{7})));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST_F(SigningKeyFile, OverwritesADraftThatACrashLeft) {
  std::ofstream(file.string() + ".new") << "half a key";
  const SigningKey made = SigningKey::load_or_create(file);
  EXPECT_EQ(SigningKey::load_or_create(file).id(), made.id());
}

// RFC 7515, appendix A.3: a known key, message and signature.
TEST_F(SigningKeyFile, HoldsAKeyThatChecksTheExampleOfTheRfc) {
  write(rfc7515_key);
  const SigningKey key = SigningKey::load_or_create(file);
  const std::string message =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
      "VlfQ";
  const auto signature = from_base64url(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  ASSERT_TRUE(signature);
  EXPECT_TRUE(key.verify(as_bytes(message), *signature));
  EXPECT_EQ(to_base64url(key.public_point()),
            "BH_Nzidw9sRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRFx_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
}

TEST_F(SigningKeyFile, IsRefusedIfOthersMayReadIt) {
  write(rfc7515_key, 0640);
  EXPECT_NE(complaint().find("chmod 600"), std::string::npos);
  EXPECT_NE(complaint().find(file.string()), std::string::npos);
}

TEST_F(SigningKeyFile, IsRefusedIfItHoldsSomethingElse) {
  const Key other_curve(EVP_EC_gen("P-384"), EVP_PKEY_free);
  const Key right_curve(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::string p384 = pem([&](BIO* out) {
    PEM_write_bio_PKCS8PrivateKey(out, other_curve.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  const std::string encrypted = pem([&](BIO* out) {
    PEM_write_bio_PKCS8PrivateKey(out, right_curve.get(), EVP_aes_128_cbc(), "secret", 6, nullptr, nullptr);
  });
  const std::string public_key = pem([&](BIO* out) { PEM_write_bio_PUBKEY(out, right_curve.get()); });
  for (const std::string& content : {std::string(), std::string("not a key"), std::string(rfc7515_key, 100),
                                     p384, encrypted, public_key}) {
    write(content);
    EXPECT_NE(complaint().find("P-256"), std::string::npos) << content;
  }
}

TEST_F(SigningKeyFile, IsNotMadeWhereNothingCanBeWritten) {
  file = folder / "missing" / "signing-key.pem";
  EXPECT_FALSE(complaint().empty());
}

}  // namespace
}  // namespace ocf::auth_builtin
