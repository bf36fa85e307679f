#include "coap/frame.hpp"

#include "base/assert.hpp"

#include <limits>

namespace ocf::coap {
namespace {

const char* sentence(int value) {
  switch (static_cast<FrameError>(value)) {
    case FrameError::token_too_long: return "the token is longer than 8 bytes";
    case FrameError::too_large: return "the message is larger than announced as acceptable";
    case FrameError::malformed_option: return "an option is malformed";
    case FrameError::too_many_options: return "the message has too many options or option bytes";
    case FrameError::empty_payload: return "nothing follows the payload marker";
  }
  return "unknown";
}

constexpr SentenceCategory category{"coap frame", sentence};

constexpr std::uint8_t payload_marker = 0xff;

// The nibble of a length or delta is the number itself up to 12; 13, 14 and 15 announce extension bytes,
// which count from the first number that the smaller class cannot hold.
constexpr std::uint8_t one_byte = 13;
constexpr std::uint8_t two_bytes = 14;
constexpr std::uint8_t four_bytes = 15;  // of Len; reserved in options
constexpr std::uint64_t one_byte_first = 13;
constexpr std::uint64_t two_bytes_first = 269;
constexpr std::uint64_t four_bytes_first = 65'805;
constexpr std::uint64_t option_value_bytes_max = four_bytes_first - 1;
constexpr std::uint64_t body_bytes_max = four_bytes_first + std::numeric_limits<std::uint32_t>::max();

// -- Decoding. Every reader takes from the front of `bytes` what it understood; sums are of 64 bits and
// cannot wrap.

// The number that a nibble of a message's or an option's head stands for; nullopt: its extension is not all
// there.
std::optional<std::uint64_t> take_extended(ByteView& bytes, std::uint8_t nibble) {
  if (nibble < one_byte) return nibble;
  const std::size_t extension = nibble == one_byte ? 1 : nibble == two_bytes ? 2 : 4;
  if (bytes.size() < extension) return std::nullopt;
  std::uint64_t number = nibble == one_byte    ? one_byte_first
                         : nibble == two_bytes ? two_bytes_first
                                               : four_bytes_first;
  std::uint64_t more = 0;
  for (std::size_t i = 0; i < extension; ++i) more = more << 8 | bytes[i];
  bytes = bytes.subspan(extension);
  return number + more;
}

// The delta or length of an option.
Result<std::uint64_t> take_option_number(ByteView& bytes, std::uint8_t nibble) {
  if (nibble == four_bytes) return FrameError::malformed_option;
  const auto number = take_extended(bytes, nibble);
  if (!number) return FrameError::malformed_option;
  return *number;
}

// One option; its number counts from the one before it.
Result<Option> take_option(ByteView& bytes, std::uint16_t previous) {
  const std::uint8_t first = bytes[0];
  bytes = bytes.subspan(1);
  const auto delta = take_option_number(bytes, first >> 4);
  if (!delta) return delta.error();
  const auto length = take_option_number(bytes, first & 0x0f);
  if (!length) return length.error();
  const std::uint64_t number = previous + *delta;
  if (number > std::numeric_limits<std::uint16_t>::max()) return FrameError::malformed_option;
  if (*length > bytes.size()) return FrameError::malformed_option;
  const ByteView value = bytes.first(static_cast<std::size_t>(*length));
  bytes = bytes.subspan(value.size());
  return Option{static_cast<std::uint16_t>(number), copy_of(value)};
}

// All options, up to the payload marker or the end.
Result<std::vector<Option>> take_options(ByteView& bytes, const FrameBounds& bounds) {
  const std::size_t bytes_before = bytes.size();
  std::vector<Option> options;
  std::uint16_t previous = 0;
  while (!bytes.empty() && bytes[0] != payload_marker) {
    if (options.size() == bounds.options_max) return FrameError::too_many_options;
    auto option = take_option(bytes, previous);
    if (!option) return option.error();
    if (bytes_before - bytes.size() > bounds.option_bytes_max) return FrameError::too_many_options;
    previous = option->number;
    options.push_back(std::move(*option));
  }
  return options;
}

// What follows the options: nothing, or the marker and a payload.
Result<Bytes> take_payload(ByteView bytes) {
  if (bytes.empty()) return Bytes();
  if (bytes.size() == 1) return FrameError::empty_payload;
  return copy_of(bytes.subspan(1));
}

// -- Encoding

std::uint8_t nibble_of(std::uint64_t number) {
  if (number < one_byte_first) return static_cast<std::uint8_t>(number);
  if (number < two_bytes_first) return one_byte;
  return number < four_bytes_first ? two_bytes : four_bytes;
}

void append_big_endian(Bytes& out, std::uint64_t value, unsigned bytes) {
  for (unsigned shift = bytes * 8; shift > 0;) {
    shift -= 8;
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

void append_extension(Bytes& out, std::uint64_t number) {
  switch (nibble_of(number)) {
    case one_byte: append_big_endian(out, number - one_byte_first, 1); break;
    case two_bytes: append_big_endian(out, number - two_bytes_first, 2); break;
    case four_bytes: append_big_endian(out, number - four_bytes_first, 4); break;
    default: break;
  }
}

void append_nibbles(Bytes& out, std::uint8_t high, std::uint8_t low) {
  out.push_back(static_cast<std::uint8_t>(high << 4 | low));
}

void append_options(Bytes& out, const std::vector<Option>& options) {
  std::uint16_t previous = 0;
  for (const Option& option : options) {
    OCF_ASSERT(option.number >= previous, "the options of a message are sorted");
    OCF_ASSERT(option.value.size() <= option_value_bytes_max, "who adds an option bounds its value");
    const std::uint64_t delta = option.number - previous;
    append_nibbles(out, nibble_of(delta), nibble_of(option.value.size()));
    append_extension(out, delta);
    append_extension(out, option.value.size());
    out.insert(out.end(), option.value.begin(), option.value.end());
    previous = option.number;
  }
}

void append_payload(Bytes& out, const Bytes& payload) {
  if (payload.empty()) return;
  out.push_back(payload_marker);
  out.insert(out.end(), payload.begin(), payload.end());
}

std::size_t extension_bytes(std::uint64_t number) {
  switch (nibble_of(number)) {
    case one_byte: return 1;
    case two_bytes: return 2;
    case four_bytes: return 4;
    default: return 0;
  }
}

}  // namespace

Error make_error_code(FrameError error) { return {static_cast<int>(error), category}; }

Result<std::optional<FrameHead>> decode_head(ByteView bytes, const FrameBounds& bounds) {
  if (bytes.empty()) return std::optional<FrameHead>();
  const std::uint8_t first = bytes[0];
  const std::size_t token_bytes = first & 0x0f;
  if (token_bytes > Token::bytes_max) return FrameError::token_too_long;

  ByteView rest = bytes.subspan(1);
  const auto body_bytes = take_extended(rest, first >> 4);
  if (!body_bytes) return std::optional<FrameHead>();
  FrameHead head;
  head.head_bytes = bytes.size() - rest.size() + 1;
  const std::uint64_t total = head.head_bytes + token_bytes + *body_bytes;
  if (total > bounds.frame_bytes_max) return FrameError::too_large;
  head.total_bytes = static_cast<std::size_t>(total);
  if (rest.empty()) return std::optional<FrameHead>();

  head.code = static_cast<Code>(rest[0]);
  rest = rest.subspan(1);
  head.token_complete = rest.size() >= token_bytes;
  if (head.token_complete) head.token = Token(rest.first(token_bytes));
  return std::optional<FrameHead>(head);
}

Result<std::optional<Frame>> decode_frame(ByteView bytes, const FrameBounds& bounds) {
  const auto head = decode_head(bytes, bounds);
  if (!head) return head.error();
  if (!*head || bytes.size() < (*head)->total_bytes) return std::optional<Frame>();
  const FrameHead& known = **head;

  ByteView body = bytes.first(known.total_bytes).subspan(known.head_bytes + known.token.bytes().size());
  auto options = take_options(body, bounds);
  if (!options) return options.error();
  auto payload = take_payload(body);
  if (!payload) return payload.error();
  return std::optional<Frame>(
      Frame{Message{known.code, known.token, std::move(*options), std::move(*payload)}, known.total_bytes});
}

Bytes encode_frame(const Message& message) {
  Bytes body;
  append_options(body, message.options);
  append_payload(body, message.payload);
  OCF_ASSERT(body.size() <= body_bytes_max,
             "a message of 4 GiB does not fit into memory budgets long before");

  const ByteView token = message.token.bytes();
  Bytes frame;
  frame.reserve(6 + token.size() + body.size());
  append_nibbles(frame, nibble_of(body.size()), static_cast<std::uint8_t>(token.size()));
  append_extension(frame, body.size());
  frame.push_back(static_cast<std::uint8_t>(message.code));
  frame.insert(frame.end(), token.begin(), token.end());
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

std::size_t frame_bytes(const Message& message) {
  Bytes options;
  append_options(options, message.options);
  const std::size_t body = options.size() + (message.payload.empty() ? 0 : 1 + message.payload.size());
  return 2 + extension_bytes(body) + message.token.bytes().size() + body;
}

}  // namespace ocf::coap
