#include "pki/digest.hpp"

#include "base/assert.hpp"

#include <openssl/evp.h>

#include <array>

namespace ocf::pki {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  OCF_ASSERT(state_->context && EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1,
             "OpenSSL has SHA-256");
}

Sha256::~Sha256() = default;

void Sha256::add(ByteView bytes) {
  OCF_ASSERT(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1, "a digest takes any bytes");
}

std::string Sha256::hex() {
  std::array<std::uint8_t, 32> digest{};
  OCF_ASSERT(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr) == 1, "it was not ended yet");
  return to_hex(digest);
}

}  // namespace ocf::pki
