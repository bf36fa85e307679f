// The protocol state of one connection, with no socket, clock or cloud in it: bytes and time in, actions out.
//
//              bytes                         Serve ▶ endpoint ▶ answer()
//   peer ────────────▶ receive() ──▶ requests ──────────────────────────▶ Send
//                          │      (bodies in blocks: BlockTransfer, on both ways)
//                          ├──▶ responses to our requests ──▶ Deliver
//                          └──▶ signaling ──▶ Send (Pong, Abort), DeliverCustody, Close
//   cloud ─▶ request() ──▶ Send, as many at once as the limit allows; the rest waits, all of it until the
//   sign-in is answered time ──▶ tick() ──▶ Send (Ping), Close
#pragma once

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/time.hpp"
#include "base/token_bucket.hpp"
#include "coap/frame.hpp"
#include "coap/message.hpp"
#include "coap/signaling.hpp"
#include "device/device.hpp"
#include "device/refusal.hpp"
#include "es/event.hpp"
#include "gateway/block_transfer.hpp"
#include "gateway/purpose.hpp"
#include "ocf/link.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace ocf::gateway {

// One message: one write, over TLS one record (real devices read only the first message of a record).
struct Send {
  Bytes bytes;
  es::CorrelationId correlation = {};  // of a command's request
};
// A request that is admitted: run its endpoint, then call answer().
struct Serve {
  coap::Message request;
};
// The device answered a request of ours, or notified.
struct Deliver {
  Purpose purpose;
  coap::Message response;
  Bytes frame = {};  // of a command's answer, as it came; empty if the hub says it for the device
};
// To be sent when everything that arrived before is durable (RFC 8323 §5.4.1); without custody if it is not
// going to be.
struct DeliverCustody {
  Bytes pong;
  Bytes without_custody;
};
// A refusal, for the log and for who asks why: one line.
struct Refused {
  device::Fault fault;
  std::string why;
  std::optional<DeviceId> claimed = {};  // whom a request says to come from
  std::string_view limit = {};           // as in device::Refusal
};
// Close after what was sent is flushed.
struct Close {
  device::Disconnection reason = device::Disconnection::closed;
  std::string why;
  std::optional<device::Fault> fault = {};  // nullopt: nothing was refused, somebody left
  std::string_view limit = {};              // as in device::Refusal
};
// Messages by the class of their code: 0 requests, 2 success, 4 and 5 errors, 7 signaling.
using MessageCounts = std::array<std::uint16_t, 8>;
using Action = std::variant<Send, Serve, Deliver, DeliverCustody, Refused, Close>;
using Actions = std::vector<Action>;

// What the answer to an account request means for the session.
struct SignedIn {
  std::optional<SteadyTime> expires;  // the end of the access token
};
struct SignedOut {};
struct SignInFailed {};  // the device may refresh its token and sign in once more; a second failure closes
struct RetryLater {};    // answered 5.03: the device comes again, with pauses of up to 64 s
using Outcome = std::variant<std::monostate, SignedIn, SignedOut, SignInFailed, RetryLater>;

// Is told of each message that comes, before anything comes of it.
class Listener {
 public:
  virtual void message_came(const coap::Message& message) = 0;

 protected:
  ~Listener() = default;
};

// Lives in its connection, on a shard. After a Close it takes nothing in and puts nothing out.
class Session {
 public:
  // `seed` makes the tokens of this session; any number.
  Session(const Limits& limits, std::uint64_t seed, SteadyTime now);

  // The CSM, first of all: clients wait for it, devices do not send one (RFC 8323 §5.3).
  Actions start();

  Actions receive(ByteView bytes, SteadyTime now);

  // The answer to a request that was served, and then what follows from it. Its token becomes the request's.
  // Longer than the peer can take: its first block, or 4.13 in its place.
  Actions answer(const coap::Message& request, coap::Message response, const Outcome& outcome,
                 SteadyTime now);
  // A notification to a client that observes by this request: like answer(), but the request is not open.
  Actions notify(const coap::Message& request, coap::Message notification, SteadyTime now);

  // Sends a request to the device, or keeps it until there is room. The token is the session's to choose.
  Actions request(Purpose purpose, coap::Message request);
  // Stops listening to what is observed but is not among these links. What the device has not answered keeps
  // its place until it does.
  void forget_all_but(const std::vector<Link>& links);
  bool is_observing(const Href& href) const;
  // Whether the command's request waits to be sent, or for its answer.
  bool is_asking(const es::CorrelationId& correlation) const;
  // How many links the device has published: its buffers grow with them.
  void hosts(std::size_t links) { hosted_links_ = links; }

  // Nobody waits for an answer, neither here nor there.
  bool is_idle() const {
    return in_flight_ == 0 && waiting_.empty() && serving_.empty() && deferred_.empty();
  }
  // Asks the peer to leave and come back, not before this time has passed (RFC 8323 §5.5); 0: not said.
  Actions release(std::chrono::seconds hold_off = {});

  Actions tick(SteadyTime now);
  // When tick() has something to do next.
  SteadyTime deadline() const;

  // The longest payload of an answer that the peer can take, in blocks where it does that.
  std::size_t answer_payload_bytes_max() const;
  bool is_signed_in() const { return signed_in_; }
  bool is_closed() const { return closed_; }
  const coap::Capabilities& peer() const { return peer_; }
  // nullptr: nobody listens. The listener outlives the session, or stops to be one.
  void tell(Listener* listener) { listener_ = listener; }
  // What was heard since this was asked last.
  MessageCounts take_counts() { return std::exchange(heard_counts_, {}); }
  // Requests of ours that wait for room, or for their answer.
  std::size_t requests_out() const { return waiting_.size() + in_flight_; }

 private:
  struct Waiting {
    Purpose purpose;
    coap::Message request;
  };

  void apply(const SignedIn& outcome, SteadyTime now, Actions& actions);
  void apply(const SignedOut& outcome, SteadyTime now, Actions& actions);
  void apply(const SignInFailed& outcome, SteadyTime now, Actions& actions);
  void apply(const RetryLater& outcome, SteadyTime now, Actions& actions);
  void apply(std::monostate, SteadyTime, Actions&) {}
  coap::FrameBounds bounds() const;
  std::size_t message_bytes_to_peer_max() const;
  // Between a signed-in client and the hub; devices do not announce it, and do not bear it.
  bool transfers_blocks() const { return signed_in_ && peer_.block_wise_transfer; }
  void keep_beginning(ByteView bytes, SteadyTime now);
  void take(coap::Message message, ByteView frame, SteadyTime now, Actions& actions);
  void take_request(coap::Message request, SteadyTime now, Actions& actions);
  void take_response(coap::Message response, ByteView frame, Actions& actions);
  void make_room(Actions& actions);
  void take_signaling(const coap::Message& message, Actions& actions);
  bool must_wait(const coap::Message& request) const;
  // Whether a block-wise request is whole now; if not, it is answered.
  bool is_whole(coap::Message& request, SteadyTime now, Actions& actions);
  void serve(coap::Message request, SteadyTime now, Actions& actions);
  void reply(const coap::Message& request, BlockTransfer::Reply reply, Actions& actions);
  void send_response(const coap::Message& request, coap::Message response, Actions& actions);
  void refuse_for_now(const coap::Message& request, SteadyTime now, Actions& actions);
  void refuse(const coap::Message& request, coap::Code code, std::string why, Actions& actions,
              std::string_view limit = {});
  // Whether a request of ours that waits, or goes on, has such a purpose.
  bool is_out_for(const std::function<bool(const Purpose&)>& matches) const;
  void send_request(Waiting waiting, Actions& actions);
  void send_waiting(Actions& actions);
  void frame_failed(const Error& error, Actions& actions);
  void abort(device::Cause cause, std::string why, std::optional<std::uint16_t> bad_option, Actions& actions,
             std::string_view limit = {});
  void close(Close how, Actions& actions);
  void close_if_released(Actions& actions);
  coap::Token next_token() { return coap::Token::of(token_++); }

  const Limits& limits_;
  std::uint64_t token_;
  Bytes input_;                         // the beginning of a message that is not all there; empty when idle
  std::size_t input_bytes_wanted_ = 0;  // of that message in all; 0: not known yet
  SteadyTime message_by_ = SteadyTime::max();  // when it has to be whole
  coap::Capabilities peer_;
  bool signed_in_ = false;
  bool closed_ = false;
  bool peer_released_ = false;
  bool failed_once_ = false;
  bool told_full_size_ = false;

  TokenBucket requests_;
  std::size_t hosted_links_ = 0;
  std::vector<coap::Token> serving_;            // no two are the same
  std::optional<coap::Token> account_request_;  // being served: one at a time
  std::deque<coap::Message> deferred_;          // wait for that, or for an earlier one with their token
  BlockTransfer blocks_;

  std::unordered_map<coap::Token, Purpose> exchanges_;
  std::unordered_set<coap::Token> observing_;  // exchanges that were answered and go on
  std::unordered_set<coap::Token> forgotten_;  // not listened to, but the device still works on them
  std::size_t in_flight_ = 0;  // exchanges and forgotten ones that wait for their first answer
  std::deque<Waiting> waiting_;

  Listener* listener_ = nullptr;
  bool heard_ = false;  // a whole message has arrived
  MessageCounts heard_counts_{};
  SteadyTime sign_in_by_;
  SteadyTime close_at_;  // no message yet, no sign-in yet, or the end of the token
  unsigned pings_missed_ = 0;
  SteadyTime ping_at_;
};

}  // namespace ocf::gateway
