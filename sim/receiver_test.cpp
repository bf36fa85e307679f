#include "sim/receiver.hpp"

#include "coap/signaling.hpp"

#include <gtest/gtest.h>

namespace ocf::sim {
namespace {

using coap::Message;

const Bytes short_ping{0x00, 0xe2};
const Bytes six_byte_ping{0x04, 0xe2, 1, 2, 3, 4};

Bytes ping(std::uint64_t token) { return coap::encode_frame(coap::ping(coap::Token::of(token))); }

Bytes joined(const Bytes& first, const Bytes& second) {
  Bytes both = first;
  both.insert(both.end(), second.begin(), second.end());
  return both;
}

Bytes part(const Bytes& bytes, std::size_t from, std::size_t to) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(to)};
}

// What may differ between devices with and without a defect.
struct Outcome {
  std::size_t messages = 0;
  bool broken = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    return out << outcome.messages << (outcome.broken ? " messages, then closed" : " messages");
  }
};

Outcome outcome_of(Transport transport, const Defects& defects, const std::vector<Bytes>& reads) {
  Receiver receiver(transport, defects, 1);
  Outcome outcome;
  for (const Bytes& read : reads) {
    const Received received = receiver.receive(read);
    outcome.messages += received.messages.size();
    outcome.broken = outcome.broken || !received.broken.empty();
    if (outcome.broken) break;
  }
  return outcome;
}

TEST(Receiver, ShortMessageTogetherWithAnotherClosesPlainConnections) {
  const std::vector<Bytes> reads{joined(short_ping, ping(1))};
  EXPECT_EQ(outcome_of(Transport::tcp, {}, reads), (Outcome{0, true}));
  const std::vector<Bytes> six{joined(six_byte_ping, ping(1))};
  EXPECT_EQ(outcome_of(Transport::tcp, {}, six), (Outcome{0, true}));
  Defects sound;
  sound.reads_six_bytes_first = false;
  EXPECT_EQ(outcome_of(Transport::tcp, sound, reads), (Outcome{2, false}));
}

TEST(Receiver, ShortMessageInASegmentOfItsOwnIsRead) {
  EXPECT_EQ(outcome_of(Transport::tcp, {}, {short_ping, ping(1)}), (Outcome{2, false}));
}

TEST(Receiver, ShortMessageOverTlsEndsAllReading) {
  EXPECT_EQ(outcome_of(Transport::tls, {}, {ping(1), short_ping, ping(2), ping(3)}), (Outcome{1, false}));
  EXPECT_EQ(outcome_of(Transport::tls, {}, {ping(1), six_byte_ping, ping(2), ping(3)}), (Outcome{1, false}));
  Defects sound;
  sound.reads_six_bytes_first = false;
  EXPECT_EQ(outcome_of(Transport::tls, sound, {ping(1), short_ping, ping(2), ping(3)}), (Outcome{4, false}));
}

TEST(Receiver, SevenBytesOverTlsAreRead) {
  const Bytes seven{0x05, 0xe2, 1, 2, 3, 4, 5};
  EXPECT_EQ(outcome_of(Transport::tls, {}, {seven, ping(1)}), (Outcome{2, false}));
}

TEST(Receiver, TheSecondMessageOfARecordWaitsForTheNextRecord) {
  const Bytes two = joined(ping(1), ping(2));
  EXPECT_EQ(outcome_of(Transport::tls, {}, {two}), (Outcome{1, false}));
  EXPECT_EQ(outcome_of(Transport::tls, {}, {two, ping(3)}), (Outcome{2, false}));
  Defects sound;
  sound.one_message_per_record = false;
  EXPECT_EQ(outcome_of(Transport::tls, sound, {two}), (Outcome{2, false}));
}

TEST(Receiver, SegmentsMayHoldSeveralMessages) {
  EXPECT_EQ(outcome_of(Transport::tcp, {}, {joined(ping(1), ping(2))}), (Outcome{2, false}));
}

TEST(Receiver, HeadInTwoSegmentsClosesPlainConnections) {
  const Bytes whole = ping(1);
  for (std::size_t split = 1; split < 6; ++split) {
    const std::vector<Bytes> reads{part(whole, 0, split), part(whole, split, whole.size())};
    EXPECT_EQ(outcome_of(Transport::tcp, {}, reads), (Outcome{0, true})) << split;
    EXPECT_EQ(outcome_of(Transport::tls, {}, reads), (Outcome{1, false})) << split;
    Defects sound;
    sound.needs_six_bytes_at_once = false;
    EXPECT_EQ(outcome_of(Transport::tcp, sound, reads), (Outcome{1, false})) << split;
  }
}

TEST(Receiver, BodyInTwoSegmentsIsRead) {
  const Bytes whole = ping(1);
  EXPECT_EQ(outcome_of(Transport::tcp, {}, {part(whole, 0, 6), part(whole, 6, whole.size()), ping(2)}),
            (Outcome{2, false}));
}

TEST(Receiver, LargeMessageClosesTheConnection) {
  Message large;
  large.code = coap::Code::post;
  large.token = coap::Token::of(1);
  large.payload.assign(12'000, 0x61);
  const Bytes frame = coap::encode_frame(large);
  EXPECT_EQ(outcome_of(Transport::tcp, {}, {frame}), (Outcome{0, true}));
  EXPECT_EQ(outcome_of(Transport::tls, {}, {frame}), (Outcome{0, true}));
  Defects sound;
  sound.closes_at_large_messages = false;
  EXPECT_EQ(outcome_of(Transport::tcp, sound, {frame}), (Outcome{1, false}));
  large.payload.resize(8'600);
  EXPECT_EQ(outcome_of(Transport::tcp, {}, {coap::encode_frame(large)}), (Outcome{1, false}));
}

TEST(Receiver, MalformedMessageClosesTheConnection) {
  EXPECT_EQ(outcome_of(Transport::tcp, {}, {Bytes{0x09, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 9}}),
            (Outcome{0, true}));
}

}  // namespace
}  // namespace ocf::sim
