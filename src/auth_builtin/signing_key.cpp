#include "auth_builtin/signing_key.hpp"

#include "base/assert.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace ocf::auth_builtin {
namespace {

constexpr std::size_t coordinate_bytes = 32;
constexpr std::size_t signature_bytes = 2 * coordinate_bytes;

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Context = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;

[[noreturn]] void cannot_use(const std::filesystem::path& file, const std::string& why) {
  throw std::runtime_error("signing key " + file.string() + ": " + why);
}

[[noreturn]] void last_call_failed(const std::filesystem::path& file) {
  cannot_use(file, std::system_category().message(errno));
}

// An open file. Closes it.
class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string read_private(const std::filesystem::path& path, const File& file) {
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0) last_call_failed(path);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    cannot_use(path, "others than its owner may read it; chmod 600 it");
  std::array<char, 4096> content;
  const ssize_t got = ::read(file.descriptor(), content.data(), content.size());
  if (got < 0) last_call_failed(path);
  return {content.data(), static_cast<std::size_t>(got)};
}

// Written beside its place, made durable, then moved there: a crash leaves no half a key.
void write_private(const std::filesystem::path& path, const std::string& content) {
  const std::filesystem::path draft = path.string() + ".new";
  ::unlink(draft.c_str());
  {
    const File file(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (!file.is_open()) last_call_failed(path);
    const bool written =
        ::write(file.descriptor(), content.data(), content.size()) == static_cast<ssize_t>(content.size());
    if (!written || ::fsync(file.descriptor()) != 0) last_call_failed(path);
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) last_call_failed(path);
  const File folder(path.has_parent_path() ? path.parent_path() : ".", O_RDONLY | O_DIRECTORY);
  if (!folder.is_open() || ::fsync(folder.descriptor()) != 0) last_call_failed(path);
}

std::string to_pem(EVP_PKEY* key) {
  const Memory memory(BIO_new(BIO_s_mem()));
  const int written = PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  OCF_ASSERT(written == 1, "a key that was just made can be written to memory");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// Without a passphrase callback OpenSSL would ask on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

EVP_PKEY* from_pem(const std::string& text) {
  const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr);
  ERR_clear_error();
  return key;
}

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_id(key) != EVP_PKEY_EC) return false;
  return EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
         std::string_view(group.data(), size) == "prime256v1";
}

Bytes point_of(const EVP_PKEY* key) {
  Bytes point(1 + 2 * coordinate_bytes);
  point[0] = 4;
  std::uint8_t* next = point.data() + 1;
  for (const char* name : {OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y}) {
    BIGNUM* got = nullptr;
    EVP_PKEY_get_bn_param(key, name, &got);
    const Number coordinate(got);
    OCF_ASSERT(coordinate && BN_bn2binpad(coordinate.get(), next, coordinate_bytes) == coordinate_bytes,
               "the point of a P-256 key has two coordinates of 32 bytes");
    next += coordinate_bytes;
  }
  return point;
}

// RFC 7638: SHA-256 of the required members in lexicographic order without white space.
std::string thumbprint(ByteView point) {
  const std::string x = to_base64url(point.subspan(1, coordinate_bytes));
  const std::string y = to_base64url(point.subspan(1 + coordinate_bytes));
  const std::string members = R"({"crv":"P-256","kty":"EC","x":")" + x + R"(","y":")" + y + R"("})";
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(as_bytes(members).data(), members.size(), digest.data());
  return to_base64url(digest);
}

}  // namespace

void SigningKey::FreeKey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

SigningKey::SigningKey(Key key) : key_(std::move(key)), id_(thumbprint(point_of(key_.get()))) {}

SigningKey SigningKey::generate() {
  Key key(EVP_EC_gen("P-256"));
  OCF_ASSERT(key, "OpenSSL has P-256 and the system has randomness");
  return SigningKey(std::move(key));
}

SigningKey SigningKey::load_or_create(const std::filesystem::path& path) {
  if (::access(path.c_str(), F_OK) == 0 || errno != ENOENT) return load(path);
  SigningKey key = generate();
  write_private(path, to_pem(key.key_.get()));
  return key;
}

SigningKey SigningKey::load(const std::filesystem::path& path) {
  const File file(path, O_RDONLY);
  if (!file.is_open()) last_call_failed(path);
  Key key(from_pem(read_private(path, file)));
  if (!key || !is_p256(key.get())) cannot_use(path, "it does not hold a P-256 private key in PEM");
  return SigningKey(std::move(key));
}

Bytes SigningKey::public_point() const { return point_of(key_.get()); }

// EVP makes and takes signatures as DER; JOSE wants r and s side by side.
Bytes SigningKey::sign(ByteView message) const {
  const Context context(EVP_MD_CTX_new());
  std::array<std::uint8_t, 80> der;
  std::size_t size = der.size();
  const bool made = EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                    EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()) == 1;
  OCF_ASSERT(made, "a private key signs");
  const std::uint8_t* next = der.data();
  const Signature signature(d2i_ECDSA_SIG(nullptr, &next, static_cast<long>(size)));
  Bytes result(signature_bytes);
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), result.data(), coordinate_bytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), result.data() + coordinate_bytes, coordinate_bytes);
  return result;
}

bool SigningKey::verify(ByteView message, ByteView bytes) const {
  if (bytes.size() != signature_bytes) return false;
  const Signature signature(ECDSA_SIG_new());
  Number r(BN_bin2bn(bytes.data(), coordinate_bytes, nullptr));
  Number s(BN_bin2bn(bytes.data() + coordinate_bytes, coordinate_bytes, nullptr));
  ECDSA_SIG_set0(signature.get(), r.release(), s.release());
  std::array<std::uint8_t, 80> der;
  std::uint8_t* end = der.data();
  const int size = i2d_ECDSA_SIG(signature.get(), &end);
  if (size <= 0) return false;
  const Context context(EVP_MD_CTX_new());
  const bool holds = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                     EVP_DigestVerify(context.get(), der.data(), static_cast<std::size_t>(size),
                                      message.data(), message.size()) == 1;
  ERR_clear_error();
  return holds;
}

}  // namespace ocf::auth_builtin
