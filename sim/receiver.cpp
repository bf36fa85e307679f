#include "sim/receiver.hpp"

#include <algorithm>
#include <utility>

namespace ocf::sim {
namespace {

// What iotivity-lite reads before it looks at the length: the longest head without its token.
constexpr std::size_t first_read_bytes = 6;

// Its buffer: for the payload, per resource, and for the header.
std::size_t buffer_bytes(std::size_t resources) { return 8192 + 512 * resources + 181; }

}  // namespace

Receiver::Receiver(Transport transport, const Defects& defects, std::size_t resources)
    : transport_(transport), defects_(defects) {
  if (defects.closes_at_large_messages) bounds_.frame_bytes_max = buffer_bytes(resources);
}

Received Receiver::receive(ByteView read) {
  Received received;
  if (stuck_) return received;
  if (transport_ == Transport::tls) {
    input_.insert(input_.end(), read.begin(), read.end());
    take_record(received);
  } else {
    take_segment(read, received);
  }
  return received;
}

void Receiver::take_record(Received& received) {
  do {
    const auto head = coap::decode_head(input_, bounds_);
    if (defects_.reads_six_bytes_first && head && *head && (*head)->total_bytes <= first_read_bytes) {
      stuck_ = true;
      return;
    }
    if (!take_message(received)) return;
  } while (!defects_.one_message_per_record);
}

void Receiver::take_segment(ByteView read, Received& received) {
  bool at_start = input_.empty();
  input_.insert(input_.end(), read.begin(), read.end());
  while (!input_.empty()) {
    if (std::exchange(at_start, true)) received.broken = why_first_read_fails();
    if (!received.broken.empty() || !take_message(received)) return;
  }
}

std::string Receiver::why_first_read_fails() const {
  const auto head = coap::decode_head(input_, bounds_);
  const std::size_t total = head && *head ? (*head)->total_bytes : SIZE_MAX;
  if (defects_.reads_six_bytes_first && total <= first_read_bytes && input_.size() > total) {
    return "a message of six bytes or fewer came together with others";
  }
  if (defects_.needs_six_bytes_at_once && input_.size() < std::min(total, first_read_bytes)) {
    return "the first six bytes of a message did not come at once";
  }
  return {};
}

bool Receiver::take_message(Received& received) {
  auto frame = coap::decode_frame(input_, bounds_);
  if (!frame) {
    received.broken = frame.error().message();
    return false;
  }
  if (!*frame) return false;
  received.messages.push_back(std::move((*frame)->message));
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>((*frame)->bytes));
  return true;
}

}  // namespace ocf::sim
