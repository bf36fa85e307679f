#include "net/connection_limit.hpp"

namespace ocf::net {

ConnectionLimit::Slot& ConnectionLimit::Slot::operator=(Slot&& other) noexcept {
  std::swap(limit_, other.limit_);
  return *this;
}

ConnectionLimit::Slot::~Slot() {
  if (limit_) limit_->open_.fetch_sub(1, std::memory_order_relaxed);
}

std::optional<ConnectionLimit::Slot> ConnectionLimit::take() {
  if (open_.fetch_add(1, std::memory_order_relaxed) < max_) return Slot(*this);
  open_.fetch_sub(1, std::memory_order_relaxed);
  refused_.fetch_add(1, std::memory_order_relaxed);
  return std::nullopt;
}

}  // namespace ocf::net
