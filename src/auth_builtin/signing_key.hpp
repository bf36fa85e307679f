// The P-256 key that signs the access tokens of the built-in authorization server (ES256, RFC 7518
// section 3.4).
#pragma once

#include "base/bytes.hpp"

#include <filesystem>
#include <memory>
#include <string>

struct evp_pkey_st;

namespace ocf::auth_builtin {

// Movable; any thread. One per process. A signature costs about 30 µs, a check about 150 µs.
class SigningKey {
 public:
  // A new random key that lives in memory only.
  static SigningKey generate();

  // The key in a PEM file (PKCS #8). Throws std::runtime_error, a sentence with the path, if the file is
  // unreadable, holds anything but a P-256 private key, or may be read by others than its owner.
  static SigningKey load(const std::filesystem::path& file);
  // The same; created with mode 0600 if there is none.
  static SigningKey load_or_create(const std::filesystem::path& file);

  // RFC 7638 thumbprint: names the key in the `kid` of tokens.
  const std::string& id() const { return id_; }

  // The public point, uncompressed (65 bytes, SEC 1 section 2.3.3).
  Bytes public_point() const;

  // r and s, 32 bytes each, over the message's SHA-256.
  Bytes sign(ByteView message) const;
  // Whether the signature has exactly that form and holds. Never throws, whatever the bytes.
  bool verify(ByteView message, ByteView signature) const;

 private:
  struct FreeKey {
    void operator()(evp_pkey_st* key) const;
  };
  using Key = std::unique_ptr<evp_pkey_st, FreeKey>;
  explicit SigningKey(Key key);

  Key key_;
  std::string id_;
};

}  // namespace ocf::auth_builtin
