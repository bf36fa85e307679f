// SHA-256 of what comes piece by piece.
#pragma once

#include "base/bytes.hpp"

#include <memory>
#include <string>

namespace ocf::pki {

// One thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(ByteView bytes);
  // 64 hexadecimal digits; once, at the end.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ocf::pki
