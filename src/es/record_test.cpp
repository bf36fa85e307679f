#include "cbor/cbor.hpp"
#include "es/error.hpp"
#include "es/event.hpp"

#include <gtest/gtest.h>

namespace ocf::es {
namespace {

StreamId light() { return StreamId(Tenant("t"), "d", 3, "resource/light"); }

RecordedEvent full() {
  NewEvent event;
  event.id = EventId("e1");
  event.type = "Switched";
  event.data = {0xa1, 0x01, 0xf5};
  event.time = Time(std::chrono::milliseconds(1'700'000'000'123));
  event.audit = {"user:alice", "alice", CorrelationId("c1"), "e0", "00-01-02-03"};
  event.spoken = {7, 300};
  return {{2, 500}, light(), 4, event};
}

RecordedEvent smallest() {
  NewEvent event;
  event.id = EventId("e1");
  event.type = "T";
  event.data = {0xa0};
  return {{0, 1}, light(), 1, event};
}

// {1: 0, 2: 1, 3: "t/d/3/resource/light", 4: 1, 5: "e1", 6: "T", 7: 0, 8: h'a0'}
const std::string smallest_hex =
    "a8"
    "0100"
    "0201"
    "0374742f642f332f7265736f757263652f6c69676874"
    "0401"
    "05626531"
    "066154"
    "0700"
    "0841a0";

void expect_same(const RecordedEvent& left, const RecordedEvent& right) {
  EXPECT_EQ(left.position, right.position);
  EXPECT_EQ(left.stream, right.stream);
  EXPECT_EQ(left.version, right.version);
  EXPECT_EQ(left.event.id, right.event.id);
  EXPECT_EQ(left.event.type, right.event.type);
  EXPECT_EQ(left.event.data, right.event.data);
  EXPECT_EQ(left.event.time, right.event.time);
  EXPECT_EQ(left.event.audit, right.event.audit);
  EXPECT_EQ(left.event.spoken, right.event.spoken);
}

// The smallest record with one of its values, or all of it, replaced.
Result<RecordedEvent> decode_with(std::string_view from, std::string_view to) {
  std::string hex = smallest_hex;
  const auto at = hex.find(from);
  EXPECT_NE(at, hex.npos);
  hex.replace(at, from.size(), to);
  return decode_record(from_hex(hex).value());
}

TEST(Record, IsTheseBytesForEver) {
  EXPECT_EQ(to_hex(encode_record(smallest())), smallest_hex);
  EXPECT_EQ(to_hex(encode_record(full())),
            "af"
            "0102"
            "021901f4"
            "0374742f642f332f7265736f757263652f6c69676874"
            "0404"
            "05626531"
            "0668537769746368"
            "6564"
            "071b0000018bcfe5687b"
            "0843a101f5"
            "096a757365723a616c696365"
            "0a65616c696365"
            "0b626331"
            "0c626530"
            "0d6b30302d30312d30322d3033"
            "0e07"
            "0f19012c");
}

TEST(Record, SurvivesEncodingAndDecoding) {
  expect_same(decode_record(encode_record(full())).value(), full());
  expect_same(decode_record(encode_record(smallest())).value(), smallest());
  auto early = full();
  early.event.time = Time(std::chrono::milliseconds(-1));
  expect_same(decode_record(encode_record(early)).value(), early);
}

TEST(Record, SkipsKeysThatANewerReleaseAdded) {
  // 16: {"x": [1, 2]} and 1000: null
  const auto record = decode_with("a8",
                                  "aa10a1617882010219"
                                  "03e8f6")
                          .value();
  expect_same(record, smallest());
}

TEST(Record, RefusesARecordThatIsCutShort) {
  const Bytes whole = encode_record(full());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(decode_record(ByteView(whole).first(size)).error(), StoreError::malformed_event) << size;
  }
}

TEST(Record, RefusesBytesBehindTheRecord) {
  EXPECT_EQ(decode_with("0841a0", "0841a000").error(), StoreError::malformed_event);
}

TEST(Record, RefusesARecordWithoutOneOfTheFirstEightKeys) {
  for (const char* field : {"0100", "0201", "0374742f642f332f7265736f757263652f6c69676874", "0401",
                            "05626531", "066154", "0700", "0841a0"}) {
    std::string hex = smallest_hex;
    hex.replace(0, 2, "a7");
    hex.erase(hex.find(field), std::string(field).size());
    EXPECT_EQ(decode_record(from_hex(hex).value()).error(), StoreError::malformed_event) << field;
  }
}

TEST(Record, RefusesAKeyThatComesTwice) {
  std::string hex = smallest_hex;
  hex.replace(0, 2, "a9");
  hex += "0401";
  EXPECT_EQ(decode_record(from_hex(hex).value()).error(), StoreError::malformed_event);
}

TEST(Record, RefusesValuesOfAnotherKind) {
  EXPECT_EQ(decode_with("0100", "011a00010000").error(), StoreError::malformed_event) << "no such partition";
  EXPECT_EQ(decode_with("0401", "0420").error(), StoreError::malformed_event) << "a negative version";
  EXPECT_EQ(decode_with("05626531", "05426531").error(), StoreError::malformed_event) << "an id of bytes";
  EXPECT_EQ(decode_with("74742f64", "74742f2f").error(), StoreError::malformed_event) << "a malformed stream";
  EXPECT_EQ(decode_record(from_hex("80").value()).error(), StoreError::malformed_event) << "an array";
}

}  // namespace
}  // namespace ocf::es
