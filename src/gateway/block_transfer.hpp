// Block-wise transfer with a client (RFC 7959, and BERT of RFC 8323 §6): bodies of requests that arrive in
// parts are put together, answers that are too long for one message are sent block by block.
//
//   part of a request ──▶ take() ──▶ 2.31, or a refusal          asks for a later block ──▶ take() ──▶ the
//   block its last part     ──▶ take() ──▶ to be served                     (not kept: to be served again)
//                                            a long answer ──▶ answer() ──▶ its first block; the rest is kept
//
// Only between the hub and a peer that announced block-wise transfer; devices do not bear it.
#pragma once

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/time.hpp"
#include "coap/block.hpp"
#include "coap/message.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ocf::gateway {

// Whether the request is a part of a body, or asks for a block that is not the first; malformed ones too.
bool is_block_wise(const coap::Message& request);

// One per session. Holds nothing while nothing is transferred; what it holds is the signed-in peer's.
class BlockTransfer {
 public:
  explicit BlockTransfer(const Limits& limits) : limits_(limits) {}

  struct Refusal {
    coap::Code code;
    std::string why;
    std::string_view limit = {};  // as in device::Refusal
  };
  // What is sent; the token is the request's.
  using Reply = std::variant<coap::Message, Refusal>;

  // Takes a block-wise request. nullopt: it is whole now, and to be served. Refusals: 4.02 (no Block option),
  // 4.00 (a part or block that cannot be), 4.08 (what comes before is not here), 4.13, 5.03 (too many at
  // once).
  std::optional<Reply> take(coap::Message& request, std::size_t message_bytes_max, SteadyTime now);

  // The answer to a request or a notification of it, as it is sent: whole, or the block that was asked for.
  // An answer whose options leave no room is returned as it is. Refusal: 4.00 (a block beyond the end).
  Reply answer(const coap::Message& request, coap::Message response, std::size_t message_bytes_max,
               SteadyTime now);

  // Forgets transfers that did not go on for Limits::block_transfer_time.
  void tick(SteadyTime now);
  // When tick() has something to do.
  SteadyTime deadline() const;
  // The peer signed out.
  void clear();

 private:
  // What makes requests the same (RFC 7959 §2.4, §2.5): the method and these options.
  struct Key {
    coap::Code method;
    std::vector<coap::Option> options;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Arriving {
    Key key;
    Bytes body;
    SteadyTime used;
  };
  struct Kept {
    Key key;
    coap::Message head;  // of every block: no payload, no Observe, no Block1
    SharedBytes body;
    SteadyTime used;
  };

  static Key key_of(const coap::Message& request);
  static Key key_of_body(const coap::Message& request);
  std::optional<Reply> take_part(coap::Message& request, const coap::Block& part, SteadyTime now);
  std::optional<Reply> later_block(coap::Message& request, const coap::Block& wanted,
                                   std::size_t message_bytes_max, SteadyTime now);
  void keep(const coap::Message& request, coap::Message head, SharedBytes body, SteadyTime now);

  const Limits& limits_;
  std::vector<Arriving> arriving_;
  std::vector<Kept> kept_;  // the newest last
};

}  // namespace ocf::gateway
