// Signaling messages (RFC 8323 §5) as the hub writes and understands them. Tokens of ours are always 8 bytes:
// a message of six bytes or fewer deadlocks real devices.
#pragma once

#include "coap/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ocf::coap {

// What a peer has announced so far; CSMs are cumulative (§5.3).
struct Capabilities {
  std::size_t max_message_size = 1152;  // §5.3.1, before any CSM says another
  bool block_wise_transfer = false;     // §5.3.2
  bool announced = false;               // a CSM has said a Max-Message-Size
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

Message csm(Token token, std::size_t max_message_size);  // with Block-Wise-Transfer
Message ping(Token token);
// Copies the token and, if asked for it, Custody (§5.4).
Message pong(const Message& ping);
Message release(Token token, std::optional<std::uint32_t> hold_off_seconds);
Message abort(Token token, std::string_view diagnostic, std::optional<std::uint16_t> bad_csm_option = {});

// The capabilities after a CSM; or the number of a critical option that is not understood, to be answered
// with Abort.
struct CsmOutcome {
  Capabilities capabilities;
  std::optional<std::uint16_t> bad_option;
};
CsmOutcome apply_csm(Capabilities before, const Message& csm);

bool wants_custody(const Message& ping);

}  // namespace ocf::coap
