#include "gateway/session.hpp"

#include "base/printable.hpp"
#include "gateway/admission.hpp"
#include "gateway/fault.hpp"

#include <algorithm>

namespace ocf::gateway {

using coap::Code;
using coap::Message;
using coap::OptionNumber;
using device::Cause;
using device::Disconnection;
using device::Fault;
using device::Stage;

namespace {

// How long a client should wait before it asks again after 5.03 (RFC 7252 §5.9.3.4), in seconds.
constexpr std::uint64_t retry_after_seconds = 2;

// What a message has at most besides the payload: length, code and token, Observe, Content-Format, ETag and
// OCF's version option, the payload marker.
constexpr std::size_t answer_head_bytes_max = 48;

// The limit that a frame is above.
std::string_view limit_of(const Error& error, bool signed_in) {
  if (error == coap::FrameError::too_large)
    return signed_in ? "frame_bytes_max" : "frame_bytes_before_sign_in_max";
  return error == coap::FrameError::too_many_options ? "options_per_message_max" : "";
}

}  // namespace

Session::Session(const Limits& limits, std::uint64_t seed, SteadyTime now)
    : limits_(limits),
      token_(seed),
      requests_(limits.device_messages_per_second),
      blocks_(limits),
      sign_in_by_(now + limits.sign_in_time),
      close_at_(now + std::min(limits.first_message_time, limits.sign_in_time)),
      ping_at_(now + limits.ping_interval) {}

Actions Session::start() {
  return {Send{coap::encode_frame(coap::csm(next_token(), limits_.frame_bytes_before_sign_in_max))}};
}

coap::FrameBounds Session::bounds() const {
  return {signed_in_ ? limits_.frame_bytes_max : limits_.frame_bytes_before_sign_in_max,
          limits_.options_per_message_max, limits_.option_bytes_max};
}

// The peer's own maximum, if it announced one; what real devices can take that say nothing or cannot do
// block-wise transfer. go-coap's CSM is empty, and it takes far more than the 1152 bytes that this stands
// for.
std::size_t Session::message_bytes_to_peer_max() const {
  if (peer_.announced && peer_.block_wise_transfer) return peer_.max_message_size;
  const std::size_t device_max =
      limits_.frame_bytes_to_peer_max + hosted_links_ * limits_.frame_bytes_to_peer_per_link;
  return peer_.announced ? std::min(peer_.max_message_size, device_max) : device_max;
}

std::size_t Session::answer_payload_bytes_max() const {
  if (transfers_blocks()) return std::max(limits_.block_answers_bytes_max, limits_.frame_bytes_max);
  const std::size_t message_bytes_max = message_bytes_to_peer_max();
  return message_bytes_max - std::min(message_bytes_max, answer_head_bytes_max);
}

// -- Bytes in

Actions Session::receive(ByteView bytes, SteadyTime now) {
  Actions actions;
  pings_missed_ = 0;
  ping_at_ = now + limits_.ping_interval;
  Bytes joined;
  if (!input_.empty()) {
    input_.insert(input_.end(), bytes.begin(), bytes.end());
    if (input_.size() < input_bytes_wanted_) return actions;  // a long message in many parts is read once
    joined = std::exchange(input_, {});
    bytes = joined;
  }
  while (!bytes.empty() && !closed_) {
    auto frame = coap::decode_frame(bytes, bounds());
    if (!frame) {
      input_ = copy_of(bytes);
      frame_failed(frame.error(), actions);
      return actions;
    }
    if (!*frame) break;
    const ByteView whole = bytes.first((*frame)->bytes);
    bytes = bytes.subspan(whole.size());
    message_by_ = SteadyTime::max();
    take(std::move((*frame)->message), whole, now, actions);
  }
  if (!closed_) keep_beginning(bytes, now);
  return actions;
}

void Session::keep_beginning(ByteView bytes, SteadyTime now) {
  input_ = copy_of(bytes);
  if (bytes.empty()) return;
  const auto head = coap::decode_head(bytes, bounds());
  input_bytes_wanted_ = head && *head ? (*head)->total_bytes : 0;
  if (message_by_ == SteadyTime::max()) message_by_ = now + limits_.message_time;
}

void Session::frame_failed(const Error& error, Actions& actions) {
  // The length of a message that is too large is known before its bytes arrive: its sender is told.
  coap::FrameBounds any = bounds();
  any.frame_bytes_max = SIZE_MAX;
  const auto head = coap::decode_head(input_, any);
  const bool is_too_large = error == coap::FrameError::too_large;
  if (is_too_large && head && *head && (*head)->token_complete && coap::is_request((*head)->code)) {
    Message too_large;
    too_large.code = Code::request_entity_too_large;
    too_large.token = (*head)->token;
    actions.push_back(Send{coap::encode_frame(too_large)});
  }
  input_.clear();
  abort(is_too_large ? Cause::too_large : Cause::bad_frame, error.message(), std::nullopt, actions,
        limit_of(error, signed_in_));
}

void Session::take(Message message, ByteView frame, SteadyTime now, Actions& actions) {
  if (listener_ != nullptr) listener_->message_came(message);
  if (!std::exchange(heard_, true)) close_at_ = sign_in_by_;
  ++heard_counts_[static_cast<std::size_t>(coap::code_class(message.code))];
  if (message.code == Code::empty) return;
  if (coap::is_signaling(message.code)) return take_signaling(message, actions);
  if (coap::is_request(message.code)) return take_request(std::move(message), now, actions);
  if (coap::is_response(message.code)) return take_response(std::move(message), frame, actions);
  actions.push_back(
      Refused{Fault{Stage::protocol, Cause::bad_frame},
              "a message with the reserved code " + coap::to_text(message.code) + " was ignored"});
}

void Session::take_signaling(const Message& message, Actions& actions) {
  switch (message.code) {
    case Code::csm: {
      const auto outcome = coap::apply_csm(peer_, message);
      if (outcome.bad_option)
        return abort(Cause::bad_option, "unknown critical CSM option", outcome.bad_option, actions);
      peer_ = outcome.capabilities;
      if (transfers_blocks() && !std::exchange(told_full_size_, true))
        actions.push_back(Send{coap::encode_frame(coap::csm(next_token(), limits_.frame_bytes_max))});
      return;
    }
    case Code::ping: {
      Message pong = coap::pong(message);
      Bytes frame = coap::encode_frame(pong);
      if (!coap::wants_custody(message)) return actions.push_back(Send{std::move(frame)});
      pong.options.clear();
      return actions.push_back(DeliverCustody{std::move(frame), coap::encode_frame(pong)});
    }
    case Code::release: peer_released_ = true; return close_if_released(actions);
    case Code::abort:
      return close({Disconnection::closed, "the peer aborted: " + printable(as_text(message.payload))},
                   actions);
    default: return;  // a Pong was heard; unknown signaling is ignored (RFC 8323 §5.1)
  }
}

void Session::take_request(Message request, SteadyTime now, Actions& actions) {
  if (const auto option = coap::unknown_critical_option(request)) {
    return refuse(request, Code::bad_option, "unknown critical option " + std::to_string(*option), actions);
  }
  if (request.find(OptionNumber::proxy_uri) != nullptr ||
      request.find(OptionNumber::proxy_scheme) != nullptr) {
    return refuse(request, Code::proxying_not_supported, "the hub is no forward proxy", actions);
  }
  if (!requests_.take(now)) return refuse_for_now(request, now, actions);
  if (serving_.size() + deferred_.size() >= limits_.requests_in_flight_max) {
    return refuse(request, Code::service_unavailable, "too many requests at once", actions,
                  "requests_in_flight_max");
  }
  if (!deferred_.empty() || must_wait(request)) {
    deferred_.push_back(std::move(request));
    return;
  }
  serve(std::move(request), now, actions);
}

// Devices know no 4.29, and give up or loop at what they do not know.
void Session::refuse_for_now(const Message& request, SteadyTime now, Actions& actions) {
  const bool is_account = admission_of(request.code, request.path()) == Admission::account;
  refuse(request, is_account ? Code::service_unavailable : Code::too_many_requests,
         "too many requests in this time", actions, "device_messages_per_second");
  if (is_account) apply(RetryLater{}, now, actions);
}

bool Session::must_wait(const Message& request) const {
  return account_request_ || std::find(serving_.begin(), serving_.end(), request.token) != serving_.end();
}

bool Session::is_whole(Message& request, SteadyTime now, Actions& actions) {
  if (!is_block_wise(request)) return true;
  if (!transfers_blocks()) {
    refuse(request, Code::bad_option, "block-wise transfer is for peers that announced it and signed in",
           actions);
    return false;
  }
  auto answered = blocks_.take(request, peer_.max_message_size, now);
  if (answered) reply(request, std::move(*answered), actions);
  return !answered;
}

void Session::serve(Message request, SteadyTime now, Actions& actions) {
  if (!is_whole(request, now, actions)) return;
  switch (admission_of(request.code, request.path())) {
    case Admission::not_here: return refuse(request, Code::not_found, "the hub does not host it", actions);
    case Admission::account: account_request_ = request.token; break;
    case Admission::after_sign_in:
      if (!signed_in_) return refuse(request, Code::unauthorized, "asked for before a sign-in", actions);
      break;
  }
  serving_.push_back(request.token);
  actions.push_back(Serve{std::move(request)});
}

void Session::reply(const Message& request, BlockTransfer::Reply reply, Actions& actions) {
  if (const auto* refusal = std::get_if<BlockTransfer::Refusal>(&reply)) {
    refuse(request, refusal->code, refusal->why, actions, refusal->limit);
  } else {
    send_response(request, std::get<Message>(std::move(reply)), actions);
  }
}

void Session::send_response(const Message& request, Message response, Actions& actions) {
  response.token = request.token;
  Bytes bytes = coap::encode_frame(response);
  if (bytes.size() > message_bytes_to_peer_max()) {
    Message too_large;
    too_large.code = Code::request_entity_too_large;
    too_large.token = request.token;
    bytes = coap::encode_frame(too_large);
    actions.push_back(Refused{Fault{Stage::request, Cause::too_large},
                              "the answer is longer than the peer can take", std::nullopt,
                              "frame_bytes_to_peer_max"});
  }
  actions.push_back(Send{std::move(bytes)});
}

void Session::refuse(const Message& request, Code code, std::string why, Actions& actions,
                     std::string_view limit) {
  Message response;
  response.code = code;
  response.token = request.token;
  if (code == Code::service_unavailable || code == Code::too_many_requests)
    response.add_uint(OptionNumber::max_age, retry_after_seconds);
  if (code == Code::request_entity_too_large)  // a body in parts (RFC 7959 §4)
    response.add_uint(OptionNumber::size1, limits_.frame_bytes_max);
  // Diagnostics only to peers that are certainly not one of the devices that trip over unexpected payloads.
  if (peer_.block_wise_transfer) response.payload = copy_of(as_bytes(why));
  actions.push_back(Send{coap::encode_frame(response)});
  actions.push_back(
      Refused{fault_of(request, code), refusal_text(request, code, why), claimed_device(request), limit});
}

void Session::take_response(Message response, ByteView frame, Actions& actions) {
  const auto exchange = exchanges_.find(response.token);
  if (exchange == exchanges_.end()) {  // unknown token: ignored (RFC 8323 §2, RFC 7641 §3.6)
    if (forgotten_.erase(response.token) != 0) make_room(actions);
    return;
  }
  const Purpose purpose = exchange->second;
  const bool goes_on =
      purpose.goes_on() && coap::is_success(response.code) && response.find(OptionNumber::observe) != nullptr;
  const bool first = !observing_.contains(response.token);
  if (goes_on) {
    observing_.insert(response.token);
  } else {
    observing_.erase(response.token);
    exchanges_.erase(exchange);
  }
  const bool is_traced = purpose.kind == Purpose::Kind::command;
  actions.push_back(Deliver{purpose, std::move(response), is_traced ? copy_of(frame) : Bytes()});
  if (first) make_room(actions);
}

void Session::make_room(Actions& actions) {
  --in_flight_;
  send_waiting(actions);
  close_if_released(actions);
}

// -- Answers and requests out

Actions Session::answer(const Message& request, Message response, const Outcome& outcome, SteadyTime now) {
  if (closed_) return {};
  std::erase(serving_, request.token);
  if (account_request_ == request.token) account_request_.reset();
  Actions actions = notify(request, std::move(response), now);
  std::visit([&](const auto& what) { apply(what, now, actions); }, outcome);
  while (!closed_ && !deferred_.empty() && !must_wait(deferred_.front())) {
    Message next = std::move(deferred_.front());
    deferred_.pop_front();
    serve(std::move(next), now, actions);
  }
  close_if_released(actions);
  return actions;
}

Actions Session::notify(const Message& request, Message notification, SteadyTime now) {
  Actions actions;
  if (closed_) return actions;
  if (transfers_blocks()) {
    reply(request, blocks_.answer(request, std::move(notification), peer_.max_message_size, now), actions);
  } else {
    send_response(request, std::move(notification), actions);
  }
  return actions;
}

Actions Session::request(Purpose purpose, Message request) {
  Actions actions;
  if (closed_) return actions;
  waiting_.push_back({std::move(purpose), std::move(request)});
  send_waiting(actions);
  return actions;
}

void Session::send_waiting(Actions& actions) {
  while (signed_in_ && !peer_released_ && !waiting_.empty() &&
         in_flight_ < limits_.device_requests_in_flight_max) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    send_request(std::move(next), actions);
  }
}

void Session::send_request(Waiting waiting, Actions& actions) {
  waiting.request.token = next_token();
  Bytes bytes = coap::encode_frame(waiting.request);
  if (bytes.size() > message_bytes_to_peer_max()) {
    // A message that is too long would make the device close (its limits are not announced): the caller is
    // told instead.
    Message too_large;
    too_large.code = Code::request_entity_too_large;
    actions.push_back(Deliver{std::move(waiting.purpose), std::move(too_large)});
    return;
  }
  ++in_flight_;
  actions.push_back(Send{std::move(bytes), waiting.purpose.correlation});
  exchanges_.emplace(waiting.request.token, std::move(waiting.purpose));
}

bool Session::is_observing(const Href& href) const {
  return is_out_for([&href](const Purpose& purpose) {
    return purpose.kind == Purpose::Kind::observe && purpose.href == href;
  });
}

bool Session::is_asking(const es::CorrelationId& correlation) const {
  return is_out_for([&correlation](const Purpose& purpose) {
    return purpose.kind == Purpose::Kind::command && purpose.correlation == correlation;
  });
}

bool Session::is_out_for(const std::function<bool(const Purpose&)>& matches) const {
  return std::any_of(exchanges_.begin(), exchanges_.end(),
                     [&](const auto& entry) { return matches(entry.second); }) ||
         std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const Waiting& waiting) { return matches(waiting.purpose); });
}

void Session::forget_all_but(const std::vector<Link>& links) {
  const auto published = [&links](const Href& href) {
    return std::any_of(links.begin(), links.end(), [&href](const Link& link) { return link.href == href; });
  };
  const auto forgotten = [&published](const Purpose& purpose) {
    return purpose.kind == Purpose::Kind::observe && !published(purpose.href);
  };
  std::erase_if(waiting_, [&](const Waiting& waiting) { return forgotten(waiting.purpose); });
  std::erase_if(exchanges_, [&](const auto& entry) {
    if (!forgotten(entry.second)) return false;
    if (observing_.erase(entry.first) == 0) forgotten_.insert(entry.first);
    return true;
  });
}

// -- Sign-in and time

void Session::apply(const SignedIn& outcome, SteadyTime now, Actions& actions) {
  signed_in_ = true;
  failed_once_ = false;
  close_at_ = outcome.expires.value_or(SteadyTime::max());
  ping_at_ = now + limits_.ping_interval;
  if (peer_.block_wise_transfer && !std::exchange(told_full_size_, true)) {
    actions.push_back(Send{coap::encode_frame(coap::csm(next_token(), limits_.frame_bytes_max))});
  }
  send_waiting(actions);
}

// Who was not signed in gets no time by it: anybody may sign out.
void Session::apply(const SignedOut&, SteadyTime now, Actions&) {
  if (std::exchange(signed_in_, false)) close_at_ = sign_in_by_ = now + limits_.sign_in_time;
  exchanges_.clear();
  observing_.clear();
  forgotten_.clear();
  waiting_.clear();
  in_flight_ = 0;
  blocks_.clear();
}

void Session::apply(const SignInFailed&, SteadyTime now, Actions& actions) {
  if (std::exchange(failed_once_, true))
    return close({Disconnection::closed, "the sign-in failed again", Fault{Stage::sign_in, Cause::bad_token}},
                 actions);
  close_at_ = now + limits_.failed_sign_in_grace;
}

// There is an end to it, however often it is said: who asks too fast is told so again and again.
void Session::apply(const RetryLater&, SteadyTime now, Actions&) {
  if (!signed_in_) close_at_ = std::min(now, sign_in_by_) + limits_.sign_in_time_after_503;
}

Actions Session::release(std::chrono::seconds hold_off) {
  Actions actions;
  if (closed_) return actions;
  std::optional<std::uint32_t> said;
  if (hold_off.count() > 0) said = static_cast<std::uint32_t>(hold_off.count());
  actions.push_back(Send{coap::encode_frame(coap::release(next_token(), said))});
  close({Disconnection::hub_stopped, "the hub stops"}, actions);
  return actions;
}

Actions Session::tick(SteadyTime now) {
  Actions actions;
  if (closed_) return actions;
  if (now >= close_at_) {
    if (signed_in_) {
      close({Disconnection::token_expired, "the access token expired",
             Fault{Stage::sign_in, Cause::expired_token}},
            actions);
    } else {
      close({Disconnection::closed, "no sign-in in time", Fault{Stage::sign_in, Cause::no_sign_in},
             heard_ ? "sign_in_time" : "first_message_time"},
            actions);
    }
    return actions;
  }
  if (now >= message_by_) {
    abort(Cause::unresponsive, "a message was not whole in time", std::nullopt, actions, "message_time");
    return actions;
  }
  blocks_.tick(now);
  if (!signed_in_ || now < ping_at_) return actions;
  if (pings_missed_ >= limits_.ping_retries) {
    close({Disconnection::unresponsive, "no answer to " + std::to_string(pings_missed_) + " pings",
           Fault{Stage::protocol, Cause::unresponsive}, "ping_retries"},
          actions);
    return actions;
  }
  ++pings_missed_;
  ping_at_ = now + limits_.ping_interval / (2 * std::max(1u, limits_.ping_retries));
  actions.push_back(Send{coap::encode_frame(coap::ping(next_token()))});
  return actions;
}

SteadyTime Session::deadline() const {
  if (closed_) return SteadyTime::max();
  const SteadyTime message_or_end = std::min(close_at_, message_by_);
  return signed_in_ ? std::min({message_or_end, ping_at_, blocks_.deadline()}) : message_or_end;
}

// -- The end

void Session::abort(Cause cause, std::string why, std::optional<std::uint16_t> bad_option, Actions& actions,
                    std::string_view limit) {
  actions.push_back(Send{coap::encode_frame(coap::abort(next_token(), why, bad_option))});
  close({Disconnection::protocol_error, std::move(why), Fault{Stage::protocol, cause}, limit}, actions);
}

void Session::close(Close how, Actions& actions) {
  if (closed_) return;
  closed_ = true;
  actions.push_back(std::move(how));
}

void Session::close_if_released(Actions& actions) {
  if (peer_released_ && serving_.empty() && deferred_.empty() && in_flight_ == 0) {
    close({Disconnection::closed, "the peer released the connection"}, actions);
  }
}

}  // namespace ocf::gateway
