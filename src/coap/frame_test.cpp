#include "coap/frame.hpp"

#include "coap/captured.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <tuple>

namespace ocf::coap {
namespace {

const FrameBounds defaults;

// Hexadecimal with spaces for the eye.
Bytes bytes_of(std::string hex) {
  std::erase(hex, ' ');
  return from_hex(hex).value();
}

Bytes operator+(Bytes front, const Bytes& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

Frame decoded(const Bytes& bytes, const FrameBounds& bounds = defaults) {
  const auto frame = decode_frame(bytes, bounds);
  EXPECT_TRUE(frame && *frame) << to_hex(bytes);
  return frame && *frame ? **frame : Frame{};
}

Error refusal(const Bytes& bytes, const FrameBounds& bounds = defaults) {
  const auto frame = decode_frame(bytes, bounds);
  return frame ? Error() : frame.error();
}

bool needs_more(const Bytes& bytes, const FrameBounds& bounds = defaults) {
  const auto frame = decode_frame(bytes, bounds);
  return frame && !*frame;
}

// A GET without token whose options, marker and payload are these bytes.
Bytes framed(const Bytes& body) {
  Bytes head;
  if (body.size() < 13) {
    head = {static_cast<std::uint8_t>(body.size() << 4)};
  } else if (body.size() < 269) {
    head = {0xd0, static_cast<std::uint8_t>(body.size() - 13)};
  } else {
    const std::size_t more = body.size() - 269;
    head = {0xe0, static_cast<std::uint8_t>(more >> 8), static_cast<std::uint8_t>(more)};
  }
  head.push_back(static_cast<std::uint8_t>(Code::get));
  return head + body;
}

std::string line(const Message& message) {
  std::ostringstream out;
  out << message;
  return out.str();
}

TEST(Frame, DecodesCapturedMessagesAndEncodesThemToTheSameBytes) {
  for (const Captured& one : captured) {
    const Bytes bytes = bytes_of(one.hex);
    const Frame frame = decoded(bytes);
    EXPECT_EQ(frame.bytes, bytes.size()) << one.what;
    EXPECT_EQ(line(frame.message), one.line) << one.what;
    EXPECT_EQ(to_hex(encode_frame(frame.message)), one.hex) << one.what;
  }
}

TEST(Frame, ReadsEveryPartOfASignUp) {
  const Message message = decoded(bytes_of(captured[0].hex)).message;
  Message expected;
  expected.code = Code::post;
  expected.token = Token(bytes_of("94b4dd2c55c5f5f4"));
  expected.add_path("/oic/sec/account");
  expected.add_uint(OptionNumber::content_format, content_format::ocf_cbor);
  expected.add_uint(OptionNumber::accept, content_format::ocf_cbor);
  expected.add_uint(OptionNumber::ocf_accept_content_format_version, ocf_version_1_0_0);
  expected.add_uint(OptionNumber::ocf_content_format_version, ocf_version_1_0_0);
  EXPECT_EQ(message.options, expected.options);
  EXPECT_EQ(message.token, expected.token);
  EXPECT_EQ(message.payload.size(), 101u);
  EXPECT_EQ(message.payload.front(), 0xbf);
}

TEST(Frame, WaitsForTheRestOfEveryTruncation) {
  for (const Captured& one : captured) {
    const Bytes whole = bytes_of(one.hex);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      // A copy of its own, so that a read past the end is one past an allocation.
      const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_TRUE(needs_more(part)) << one.what << " cut to " << size;
    }
  }
}

TEST(Frame, RefusesOrAcceptsEveryTruncationOfABodyWhoseLengthSaysItIsAll) {
  std::size_t refused = 0;
  for (const Captured& one : captured) {
    const Bytes whole = bytes_of(one.hex);
    const auto head = decode_head(whole, defaults).value().value();
    const std::size_t start = head.head_bytes + head.token.bytes().size();
    for (std::size_t end = start; end < whole.size(); ++end) {
      const Bytes bytes = framed(Bytes(whole.begin() + static_cast<std::ptrdiff_t>(start),
                                       whole.begin() + static_cast<std::ptrdiff_t>(end)));
      const auto frame = decode_frame(bytes, defaults);
      if (frame) {
        ASSERT_TRUE(frame->has_value());
        EXPECT_EQ(encode_frame((*frame)->message), bytes);
      } else {
        EXPECT_TRUE(frame.error() == FrameError::malformed_option ||
                    frame.error() == FrameError::empty_payload);
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 200u);
}

TEST(Frame, EncodesEveryClassOfLengthAtItsBoundaries) {
  const std::tuple<std::size_t, const char*> vectors[] = {
      {2, "20"},
      {12, "c0"},
      {13, "d000"},
      {14, "d001"},
      {268, "d0ff"},
      {269, "e00000"},
      {270, "e00001"},
      {65'804, "e0ffff"},
      {65'805, "f000000000"},
      {65'806, "f000000001"},
      {200'000, "f000020c33"},
  };
  for (const auto& [body_bytes, head_hex] : vectors) {
    Message message;
    message.code = Code::content;
    message.payload = Bytes(body_bytes - 1, 0x5a);
    const Bytes bytes = encode_frame(message);
    const Bytes head = bytes_of(head_hex);
    EXPECT_TRUE(std::equal(head.begin(), head.end(), bytes.begin()))
        << body_bytes << ": " << to_hex(ByteView(bytes).first(6));
    EXPECT_EQ(bytes.size(), head.size() + 1 + body_bytes);
    EXPECT_EQ(frame_bytes(message), bytes.size());

    const auto decoded_head = decode_head(ByteView(bytes).first(head.size() + 1), defaults).value().value();
    EXPECT_EQ(decoded_head.head_bytes, head.size() + 1);
    EXPECT_EQ(decoded_head.total_bytes, bytes.size());
    EXPECT_EQ(decoded(bytes).message, message);
    EXPECT_TRUE(needs_more(Bytes(bytes.begin(), bytes.end() - 1)));
  }
}

TEST(Frame, EncodesEveryClassOfOptionLengthAtItsBoundaries) {
  const std::pair<std::size_t, const char*> vectors[] = {
      {0, "10"},       {1, "11"},          {12, "1c"},         {13, "1d00"},      {268, "1dff"},
      {269, "1e0000"}, {65'534, "1efef1"}, {65'535, "1efef2"}, {65'804, "1effff"}};
  const FrameBounds wide{.frame_bytes_max = 100'000, .options_max = 1, .option_bytes_max = 100'000};
  for (const auto& [value_bytes, head_hex] : vectors) {
    Message message;
    message.code = Code::get;
    message.add_raw(1, Bytes(value_bytes, 0x61));
    const Bytes bytes = encode_frame(message);
    const std::size_t head_bytes = bytes.size() - value_bytes;
    const std::string option_head = to_hex(ByteView(bytes).first(head_bytes));
    EXPECT_TRUE(option_head.ends_with(head_hex)) << option_head;
    EXPECT_EQ(decoded(bytes, wide).message, message) << value_bytes;
    EXPECT_EQ(frame_bytes(message), bytes.size());
  }
}

TEST(Frame, EncodesEveryClassOfOptionDeltaAtItsBoundaries) {
  const std::pair<std::uint16_t, const char*> vectors[] = {
      {0, "100100"},       {12, "1001c0"},         {13, "2001d000"},      {268, "2001d0ff"},
      {269, "3001e00000"}, {65'534, "3001e0fef1"}, {65'535, "3001e0fef2"}};
  for (const auto& [number, hex] : vectors) {
    Message message;
    message.code = Code::get;
    message.add_raw(number, {});
    EXPECT_EQ(to_hex(encode_frame(message)), hex);
    EXPECT_EQ(decoded(bytes_of(hex)).message, message);
  }
}

TEST(Frame, CountsDeltasFromTheOptionBefore) {
  Message message;
  message.code = Code::get;
  const std::uint16_t numbers[] = {65'535, 3, 3, 16, 300, 0};
  for (const std::uint16_t number : numbers) message.add_raw(number, Bytes{1});
  const Bytes bytes = encode_frame(message);
  EXPECT_EQ(bytes, bytes_of("d00401 0101 3101 0101 d10001 e1000f01 e1fdc601"));
  EXPECT_EQ(decoded(bytes).message, message);
}

TEST(Frame, ConsumesOneMessageOfSeveral) {
  const Bytes first = bytes_of("08e250494e47544f4b31");
  const Bytes both = first + bytes_of("50e12380010020");
  const Frame frame = decoded(both);
  EXPECT_EQ(frame.bytes, first.size());
  EXPECT_EQ(frame.message.code, Code::ping);
}

TEST(Frame, TellsTheHeadBeforeTheRestIsThere) {
  const Bytes publish = bytes_of("e8019402e6af4548cb9460ac");
  for (const std::size_t size : {0u, 1u, 2u, 3u}) {
    EXPECT_FALSE(decode_head(ByteView(publish).first(size), defaults).value()) << size;
  }
  for (const std::size_t size : {4u, 11u}) {
    const auto head = decode_head(ByteView(publish).first(size), defaults).value().value();
    EXPECT_EQ(head.code, Code::post);
    EXPECT_EQ(head.head_bytes, 4u);
    EXPECT_EQ(head.total_bytes, 685u);
    EXPECT_FALSE(head.token_complete);
    EXPECT_EQ(head.token, Token());
  }
  const auto head = decode_head(publish, defaults).value().value();
  EXPECT_TRUE(head.token_complete);
  EXPECT_EQ(to_hex(head.token.bytes()), "e6af4548cb9460ac");
}

TEST(Frame, RefusesAnExtendedTokenLengthAtTheFirstByte) {
  for (std::uint8_t token_length = 9; token_length <= 15; ++token_length) {
    for (const int length : {0x00, 0xd0, 0xe0, 0xf0}) {
      const Bytes first{static_cast<std::uint8_t>(length | token_length)};
      EXPECT_EQ(refusal(first), FrameError::token_too_long);
      EXPECT_EQ(decode_head(first, defaults).error(), FrameError::token_too_long);
      EXPECT_EQ(refusal(first + Bytes(40, 0x01)), FrameError::token_too_long);
    }
  }
}

TEST(Frame, RefusesAnOptionDeltaSumThatWraps16Bits) {
  EXPECT_EQ(decoded(framed(bytes_of("e0fef2 00"))).message.options.size(), 2u);  // 65,535 twice
  EXPECT_EQ(refusal(framed(bytes_of("e0fef2 10"))), FrameError::malformed_option);
  EXPECT_EQ(refusal(framed(bytes_of("e0fef2 d000"))), FrameError::malformed_option);
  EXPECT_EQ(refusal(framed(bytes_of("e0fef2 e0fef2"))), FrameError::malformed_option);
  EXPECT_EQ(refusal(framed(bytes_of("e0fef3"))), FrameError::malformed_option);  // 65,536
  EXPECT_EQ(refusal(framed(bytes_of("e0ffff"))), FrameError::malformed_option);  // 65,804
}

TEST(Frame, RefusesAnOptionLengthBeyondTheMessage) {
  const Bytes next = bytes_of("08e250494e47544f4b31");  // the bytes that a wrong reader would take
  for (const char* body :
       {"11", "b36f69", "1d", "1d00", "1e", "1e00", "1e0000", "1dff61", "d0", "e0", "e000", "dd00"}) {
    EXPECT_EQ(refusal(framed(bytes_of(body)) + next), FrameError::malformed_option) << body;
  }
}

TEST(Frame, DoesNotWrapALengthTo16Bits) {
  // 65,535 + 269 is 268 in 16 bits.
  EXPECT_EQ(refusal(framed(bytes_of("1effff") + Bytes(268, 0x61))), FrameError::malformed_option);
  EXPECT_EQ(decode_head(bytes_of("e0ffff01"), defaults).value().value().total_bytes, 65'808u);
  // 2^32 - 1 + 65,805 is 65,804 in 32 bits.
  const FrameBounds unbounded{
      .frame_bytes_max = std::size_t(-1), .options_max = 64, .option_bytes_max = 4096};
  EXPECT_EQ(decode_head(bytes_of("f0ffffffff01"), unbounded).value().value().total_bytes, 4'295'033'106u);
  EXPECT_TRUE(needs_more(bytes_of("f0ffffffff01") + Bytes(70'000, 0x10), unbounded));
}

TEST(Frame, RefusesReservedNibbles) {
  for (const char* body : {"f0", "f1ff00", "1f", "1f00", "f000000000"}) {
    EXPECT_EQ(refusal(framed(bytes_of(body))), FrameError::malformed_option) << body;
  }
}

TEST(Frame, RefusesAMarkerWithoutPayload) {
  EXPECT_EQ(refusal(bytes_of("1001ff")), FrameError::empty_payload);
  EXPECT_EQ(refusal(bytes_of("3001b161ff")), FrameError::empty_payload);
  EXPECT_EQ(to_hex(decoded(bytes_of("2001ffff")).message.payload), "ff");
}

TEST(Frame, RefusesALengthAboveItsBoundAsSoonAsItIsKnown) {
  const FrameBounds bounds{.frame_bytes_max = 300, .options_max = 64, .option_bytes_max = 4096};
  EXPECT_EQ(refusal(bytes_of("e8 0013"), bounds), Error());                // 3 + 1 + 8 + 288 = 300
  EXPECT_EQ(refusal(bytes_of("e8 0014"), bounds), FrameError::too_large);  // no code yet
  EXPECT_TRUE(needs_more(bytes_of("e8 00"), bounds));
  EXPECT_EQ(refusal(bytes_of("f0 ffffffff"), defaults), FrameError::too_large);
  EXPECT_EQ(decode_head(bytes_of("f0 ffffffff"), defaults).error(), FrameError::too_large);
}

TEST(Frame, AcceptsExactlyAsManyOptionsAsItsBound) {
  EXPECT_EQ(decoded(framed(Bytes(64, 0x00))).message.options.size(), 64u);
  EXPECT_EQ(refusal(framed(Bytes(65, 0x00))), FrameError::too_many_options);
}

TEST(Frame, AcceptsExactlyAsManyOptionBytesAsItsBound) {
  const FrameBounds bounds{.frame_bytes_max = 1000, .options_max = 64, .option_bytes_max = 6};
  EXPECT_EQ(refusal(framed(bytes_of("126162 026162 ff61")), bounds), Error());
  EXPECT_EQ(refusal(framed(bytes_of("126162 03616263")), bounds), FrameError::too_many_options);
}

TEST(Frame, ConsumesNothingFromAnEmptyInput) {
  EXPECT_TRUE(needs_more({}));
  EXPECT_FALSE(decode_head({}, defaults).value());
}

TEST(FrameError, HasASentenceForEach) {
  for (int value = 1; value <= static_cast<int>(FrameError::empty_payload); ++value) {
    EXPECT_NE(make_error_code(static_cast<FrameError>(value)).message(), "unknown") << value;
  }
}

}  // namespace
}  // namespace ocf::coap
