// Framing of CoAP over reliable transports (RFC 8323 §3.2): bytes in, messages out, and back.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------+-------+-----------------------+---------------+-------
//   |  Len  |  TKL  | Extended Length (0–4) |      Code     | Token (TKL bytes) …
//   +-------+-------+-----------------------+---------------+-------
//   | Options … | 1 1 1 1 1 1 1 1 | Payload …
//   +-----------+-----------------+----------
//   Len counts options, marker and payload: 0–12 itself; 13: 1 byte + 13; 14: 2 bytes + 269;
//   15: 4 bytes + 65,805.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "coap/message.hpp"

#include <cstddef>
#include <optional>

namespace ocf::coap {

enum class FrameError {
  token_too_long = 1,  // TKL 9–15 (RFC 8974 is not supported)
  too_large,           // the announced length is above FrameBounds::frame_bytes_max
  malformed_option,    // reserved nibble 15, a length or delta beyond the message, a number above 65,535
  too_many_options,    // above FrameBounds::options_max or FrameBounds::option_bytes_max
  empty_payload,       // a payload marker with nothing behind it (RFC 7252 §3)
};
Error make_error_code(FrameError error);

struct FrameBounds {
  std::size_t frame_bytes_max = 256 * 1024;  // of the whole message, from its first byte (RFC 8323 §5.3.1)
  std::size_t options_max = 64;
  std::size_t option_bytes_max = 4 * 1024;  // of all options as they are encoded
};

struct FrameHead {
  std::size_t head_bytes = 0;   // first byte, extended length and code, without the token
  std::size_t total_bytes = 0;  // of the whole message
  Code code = Code::empty;
  Token token;  // empty until its bytes are there
  bool token_complete = false;
};

// The head of the message that starts at the first byte; nullopt: more bytes are needed to tell its length.
// Errors: token_too_long, too_large (the length is known as soon as the extended length is there).
Result<std::optional<FrameHead>> decode_head(ByteView bytes, const FrameBounds& bounds);

struct Frame {
  Message message;
  std::size_t bytes = 0;  // consumed
};

// The message that starts at the first byte; nullopt: not all of it is there. Nothing is consumed on an
// error; every FrameError is fatal for the connection. An empty message (code 0.00) is a frame like any
// other: its receiver ignores it.
Result<std::optional<Frame>> decode_frame(ByteView bytes, const FrameBounds& bounds);

// The bytes of a message. Preconditions: options sorted (Message's invariant), none above 65,804 bytes.
Bytes encode_frame(const Message& message);
// How many they are.
std::size_t frame_bytes(const Message& message);

}  // namespace ocf::coap

template <>
struct boost::system::is_error_code_enum<ocf::coap::FrameError> : std::true_type {};
