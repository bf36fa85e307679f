// The machine against a conversation of a real device: it gets what the device got and must say what the
// device said, byte for byte, but for what is random or a time.
#include "sim/machine_cloud.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace ocf::sim {
namespace {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

// One message of a capture.
struct Line {
  bool from_device = false;
  std::string text;
  Bytes bytes;
  std::size_t size = 0;  // of the whole message: long ones are cut in the file
  bool cut() const { return bytes.size() < size; }
};

// "0102…" or, cut, "0102......(1582)".
void read_bytes(const std::string& text, Line& line) {
  const std::size_t end = std::min(text.find('.'), text.size());
  line.bytes = from_hex(text.substr(0, end)).value();
  line.size = end == text.size() ? line.bytes.size() : std::stoul(text.substr(text.find('(') + 1));
}

std::vector<Line> read_capture(const std::string& name) {
  std::ifstream file(std::string(OCF_CAPTURES) + '/' + name);
  std::vector<Line> lines;
  for (std::string text; std::getline(file, text);) {
    if (text.find(" <- ") < 16) {
      lines.push_back({true, text, {}, 0});
    } else if (text.find(" -> ") < 16) {
      lines.push_back({false, text, {}, 0});
      read_bytes(text.substr(text.rfind(' ') + 1), lines.back());
    } else if (text.find(" hex ") < 16) {
      read_bytes(text.substr(text.rfind(' ') + 1), lines.back());
    }
  }
  return lines;
}

// A cut message without the rest of its payload.
Message decode_cut(const Bytes& bytes) {
  const auto head = coap::decode_head(bytes, {}).value().value();
  const std::size_t body = head.head_bytes + head.token.bytes().size();
  const std::size_t length = bytes.size() - body - 269;
  Bytes whole{static_cast<std::uint8_t>(0xe0 | head.token.bytes().size()),
              static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length),
              static_cast<std::uint8_t>(head.code)};
  whole.insert(whole.end(), bytes.begin() + static_cast<std::ptrdiff_t>(head.head_bytes), bytes.end());
  return coap::decode_frame(whole, {}).value().value().message;
}

// Zeroes what differs from one device to the next: `count` bytes behind each occurrence of the prefix.
void mask(Bytes& bytes, std::string_view prefix, std::ptrdiff_t count) {
  const Bytes key = from_hex(prefix).value();
  for (auto at = bytes.begin();;) {
    at = std::search(at, bytes.end(), key.begin(), key.end());
    if (at == bytes.end()) return;
    at += static_cast<std::ptrdiff_t>(key.size());
    std::fill(at, at + std::min(count, bytes.end() - at), std::uint8_t{0});
  }
}

Bytes masked(Bytes payload) {
  mask(payload, "63696e731a", 4);       // "ins": a number of 32 bits
  mask(payload, "646574616748", 8);     // "etag": 8 bytes
  mask(payload, "64706969647824", 36);  // "piid": a UUID
  mask(payload, "6270697824", 36);      // "pi": a UUID
  return payload;
}

std::vector<coap::Option> masked(std::vector<coap::Option> options) {
  for (coap::Option& option : options) {
    if (option.number == static_cast<std::uint16_t>(OptionNumber::etag))
      option.value.assign(option.value.size(), 0);
  }
  return options;
}

class Replay {
 public:
  explicit Replay(DeviceSettings settings) : cloud_(std::move(settings)) {}

  void play(const Line& line) {
    SCOPED_TRACE(line.text.substr(0, 120));
    if (line.from_device) {
      expect(line);
    } else {
      tell(line);
    }
  }

 private:
  void expect(const Line& line) {
    const Message said = cloud_.next();
    const Message expected = line.cut() ? decode_cut(line.bytes) : decode(line.bytes);
    ASSERT_EQ(said.code, expected.code) << said;
    EXPECT_EQ(masked(said.options), masked(expected.options)) << said;
    EXPECT_EQ(coap::encode_frame(said).size(), line.size) << said;
    if (!line.cut()) {
      EXPECT_EQ(to_hex(masked(said.payload)), to_hex(masked(expected.payload)));
    }
    if (coap::is_response(said.code) || said.code == Code::pong) {
      EXPECT_EQ(said.token, expected.token);
    } else {
      tokens_[expected.token] = said.token;
      last_request_ = said;
    }
  }

  void tell(const Line& line) {
    // Only answers to publications are cut; they repeat what was published.
    if (line.cut()) return cloud_.confirm_publication(last_request_);
    Message message = decode(line.bytes);
    if (const auto ours = tokens_.find(message.token); ours != tokens_.end()) message.token = ours->second;
    cloud_.say(message);
  }

  static Message decode(const Bytes& bytes) { return coap::decode_frame(bytes, {}).value().value().message; }

  MachineCloud cloud_;
  std::map<coap::Token, coap::Token> tokens_;  // of the real device's requests → of the machine's
  Message last_request_;
};

TEST(Captures, TheMachineSaysWhatTheRealDeviceSaid) {
  const auto lines = read_capture("device-basic.log");
  ASSERT_EQ(lines.size(), 66u);
  Replay replay(test_device());
  for (const Line& line : lines) replay.play(line);
}

}  // namespace
}  // namespace ocf::sim
