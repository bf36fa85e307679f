#include "coap/signaling.hpp"

namespace ocf::coap {
namespace {

Message signal(Code code, Token token) {
  Message message;
  message.code = code;
  message.token = token;
  return message;
}

}  // namespace

Message csm(Token token, std::size_t max_message_size) {
  Message message = signal(Code::csm, token);
  message.add_raw(signaling::max_message_size, encode_uint(max_message_size));
  message.add_raw(signaling::block_wise_transfer, {});
  return message;
}

Message ping(Token token) { return signal(Code::ping, token); }

Message pong(const Message& ping) {
  Message message = signal(Code::pong, ping.token);
  if (wants_custody(ping)) message.add_raw(signaling::custody, {});
  return message;
}

Message release(Token token, std::optional<std::uint32_t> hold_off_seconds) {
  Message message = signal(Code::release, token);
  if (hold_off_seconds) message.add_raw(signaling::hold_off, encode_uint(*hold_off_seconds));
  return message;
}

Message abort(Token token, std::string_view diagnostic, std::optional<std::uint16_t> bad_csm_option) {
  Message message = signal(Code::abort, token);
  if (bad_csm_option) message.add_raw(signaling::bad_csm_option, encode_uint(*bad_csm_option));
  message.payload = copy_of(as_bytes(diagnostic));
  return message;
}

CsmOutcome apply_csm(Capabilities before, const Message& csm) {
  Capabilities after = before;
  for (const Option& option : csm.options) {
    if (is_critical(option.number)) return {before, option.number};
    if (option.number == signaling::block_wise_transfer) after.block_wise_transfer = true;
  }
  // Elective, so that a value that is no number is ignored (RFC 7252 §5.4.3).
  if (const Option* size = csm.find_raw(signaling::max_message_size)) {
    if (const auto number = decode_uint(size->value)) {
      after.max_message_size = *number;
      after.announced = true;
    }
  }
  return {after, std::nullopt};
}

bool wants_custody(const Message& ping) { return ping.find_raw(signaling::custody) != nullptr; }

}  // namespace ocf::coap
