#include "cbor/cbor.hpp"
#include "cbor/vectors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ocf::cbor {
namespace {

Error check_error(const std::string& hex, Bounds bounds = {}) {
  const auto checked = check(from_hex(hex).value(), bounds);
  return checked ? Error() : checked.error();
}

template <class T>
T read(const char* hex, T (Reader::*value)()) {
  const Bytes input = from_hex(hex).value();
  Reader reader(input);
  T result = (reader.*value)();
  reader.finish();
  EXPECT_FALSE(reader.error()) << hex << ": " << reader.error().message();
  return result;
}

template <class T>
Error refusal(const char* hex, T (Reader::*value)()) {
  const Bytes input = from_hex(hex).value();
  Reader reader(input);
  EXPECT_EQ((reader.*value)(), T()) << hex;
  return reader.error();
}

TEST(Check, AcceptsTheExamplesOfRfc8949) {
  for (const Vector& vector : appendix_a) EXPECT_EQ(check_error(vector.hex), Error()) << vector.hex;
}

TEST(Check, FindsEveryTruncationOfEveryExample) {
  for (const Vector& vector : appendix_a) {
    const Bytes whole = from_hex(vector.hex).value();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      // A copy of its own, so that a read past the end is one past an allocation.
      const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_EQ(check(part).error(), CborError::truncated) << vector.hex << " cut to " << size;
      EXPECT_EQ(to_json(part).error(), CborError::truncated) << vector.hex << " cut to " << size;
    }
  }
}

TEST(Check, RefusesWhatIsNotWellFormed) {
  const char* const vectors[] = {
      "1c",           "1d",         "1e",         "3c",
      "5d",           "7e",         "9c",         "bd",
      "de",           "fc",         "fd",         "fe",  // reserved additional information
      "1f",           "3f",         "df",                // no indefinite form
      "ff",           "81ff",       "8200ff",     "a1ff00",
      "a100ff",       "c1ff",       "9f81ff00",    // a break out of place
      "bf00ff",       "bf000000ff", "9fbf00ffff",  // a key without a value
      "f800",         "f818",       "f81f",        // a small simple value in two bytes
      "5f00ff",       "5f6161ff",   "7f4161ff",   "5f5f4100ffff",
      "7fc16161ff",  // chunks of another type, nested, tagged
      "61c3",         "62c328",     "62c080",     "63eda080",
      "64f4908080",   "64f8888080", "6180",       "63e28228",  // not UTF-8
      "7f61c361bcff",                                          // one character in two chunks
  };
  for (const char* hex : vectors) EXPECT_EQ(check_error(hex), CborError::malformed) << hex;
}

TEST(Check, RefusesWhatFollowsTheItem) {
  EXPECT_EQ(check_error("0000"), CborError::trailing_bytes);
  EXPECT_EQ(check_error("8000"), CborError::trailing_bytes);
  EXPECT_EQ(check_error("9fffff"), CborError::trailing_bytes);
}

TEST(Check, AcceptsDuplicateKeys) { EXPECT_EQ(check_error("a2616101616102"), Error()); }

TEST(Check, RefusesAHundredThousandNestedArraysWithoutRecursion) {
  EXPECT_EQ(check(Bytes(100'000, 0x81)).error(), CborError::too_deep);
  EXPECT_EQ(to_json(Bytes(100'000, 0x81)).error(), CborError::too_deep);

  Bounds wide;
  wide.depth_max = 200'000;
  wide.items_max = 200'000;
  Bytes nested(100'000, 0x81);
  nested.push_back(0x00);
  EXPECT_TRUE(check(nested, wide));
  EXPECT_TRUE(to_json(nested, wide));
}

TEST(Check, RefusesAHundredThousandTagsInARow) {
  EXPECT_EQ(check(Bytes(100'000, 0xc1)).error(), CborError::too_many_items);
}

TEST(Check, CountsDepthUpToItsBound) {
  std::string hex;
  for (int i = 0; i < 16; ++i) hex += i % 2 == 0 ? "81" : "a100";
  EXPECT_EQ(check_error(hex + "00"), Error());
  EXPECT_EQ(check_error("81" + hex + "00"), CborError::too_deep);
}

TEST(Check, CountsItemsUpToTheirBound) {
  const Bounds bounds{.depth_max = 16, .items_max = 4};
  EXPECT_EQ(check_error("83000000", bounds), Error());
  EXPECT_EQ(check_error("8400000000", bounds), CborError::too_many_items);
  EXPECT_EQ(check_error("9f000000ff", bounds), Error());
  EXPECT_EQ(check_error("5f4041004100ff", bounds), Error());
  EXPECT_EQ(check_error("5f40404040ff", bounds), CborError::too_many_items);
}

TEST(Check, RefusesLengthsAboveTheBytesLeft) {
  for (const char* hex :
       {"5bffffffffffffffff00", "7bffffffffffffffff00", "9bffffffffffffffff00", "bbffffffffffffffff00",
        "bb7fffffffffffffff00", "bb800000000000000000", "5affffffff00", "9a7fffffff00", "a20000"}) {
    EXPECT_EQ(check_error(hex), CborError::truncated) << hex;
    EXPECT_EQ(to_json(from_hex(hex).value()).error(), CborError::truncated) << hex;
  }
  EXPECT_EQ(refusal("5bffffffffffffffff00", &Reader::bytes), CborError::truncated);
  EXPECT_EQ(refusal("7b7fffffffffffffff00", &Reader::text), CborError::truncated);
}

TEST(Reader, ReadsIntegersToTheirLimits) {
  EXPECT_EQ(read("1bffffffffffffffff", &Reader::uint), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(read("1b7fffffffffffffff", &Reader::integer), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read("3b7fffffffffffffff", &Reader::integer), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(read("3903e7", &Reader::integer), -1000);
  EXPECT_EQ(refusal("1b8000000000000000", &Reader::integer), CborError::out_of_range);
  EXPECT_EQ(refusal("3b8000000000000000", &Reader::integer), CborError::out_of_range);
  EXPECT_EQ(refusal("20", &Reader::uint), CborError::out_of_range);
}

TEST(Reader, ReadsFloatsOfEveryWidthAndIntegersAsFloats) {
  EXPECT_EQ(read("f90001", &Reader::floating), 5.960464477539063e-8);
  EXPECT_EQ(read("f97bff", &Reader::floating), 65504.0);
  EXPECT_EQ(read("f9fc00", &Reader::floating), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(read("f97e00", &Reader::floating)));
  EXPECT_TRUE(std::signbit(read("f98000", &Reader::floating)));
  EXPECT_EQ(read("fa47c35000", &Reader::floating), 100000.0);
  EXPECT_EQ(read("fbc010666666666666", &Reader::floating), -4.1);
  EXPECT_EQ(read("1864", &Reader::floating), 100.0);
  EXPECT_EQ(read("3bffffffffffffffff", &Reader::floating), -18446744073709551616.0);
}

TEST(Reader, WritesAndReadsEveryHalf) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const Bytes half{0xf9, static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits)};
    Reader reader(half);
    const double value = reader.floating();
    if (std::isnan(value)) continue;
    Bytes out;
    Writer(out).floating(value);
    ASSERT_EQ(out, half);
  }
}

TEST(Reader, JoinsChunksAndSkipsTags) {
  EXPECT_EQ(read("7f657374726561646d696e67ff", &Reader::text), "streaming");
  EXPECT_EQ(read("5f42010243030405ff", &Reader::bytes), (Bytes{1, 2, 3, 4, 5}));
  EXPECT_EQ(read("7fff", &Reader::text), "");
  EXPECT_EQ(read("d82076687474703a2f2f7777772e6578616d706c652e636f6d", &Reader::text),
            "http://www.example.com");
  EXPECT_EQ(read("c1c21a514b67b0", &Reader::uint), 1363896240u);
  EXPECT_EQ(read("c120", &Reader::integer), -1);
  EXPECT_EQ(read("c1f93e00", &Reader::floating), 1.5);
}

TEST(Reader, RefusesAnotherTypeThanAskedFor) {
  EXPECT_EQ(refusal("6161", &Reader::uint), CborError::unexpected_type);
  EXPECT_EQ(refusal("6161", &Reader::integer), CborError::unexpected_type);
  EXPECT_EQ(refusal("01", &Reader::boolean), CborError::unexpected_type);
  EXPECT_EQ(refusal("f6", &Reader::boolean), CborError::unexpected_type);
  EXPECT_EQ(refusal("f5", &Reader::floating), CborError::unexpected_type);
  EXPECT_EQ(refusal("4161", &Reader::text), CborError::unexpected_type);
  EXPECT_EQ(refusal("6161", &Reader::bytes), CborError::unexpected_type);
}

TEST(Reader, TellsWhatComesNextWithoutReadingIt) {
  const std::pair<const char*, Type> vectors[] = {{"00", Type::unsigned_integer},
                                                  {"20", Type::negative_integer},
                                                  {"40", Type::bytes},
                                                  {"7f", Type::text},
                                                  {"80", Type::array},
                                                  {"bf", Type::map},
                                                  {"c1", Type::tag},
                                                  {"f4", Type::boolean},
                                                  {"f5", Type::boolean},
                                                  {"f6", Type::null},
                                                  {"f7", Type::undefined},
                                                  {"f9", Type::floating},
                                                  {"fa", Type::floating},
                                                  {"fb", Type::floating},
                                                  {"e0", Type::simple},
                                                  {"f8", Type::simple},
                                                  {"ff", Type::end},
                                                  {"", Type::end}};
  for (const auto& [hex, type] : vectors) {
    const Bytes input = from_hex(hex).value();
    EXPECT_EQ(Reader(input).peek(), type) << hex;
  }
  const Bytes tagged = from_hex("c1c26161").value();
  Reader reader(tagged);
  reader.skip_tags();
  EXPECT_EQ(reader.peek(), Type::text);
}

struct Reading {
  std::string di;
  std::vector<std::int64_t> values;
  bool state = false;
  Error error;
};

Reading read_map(ByteView input) {
  Reading reading;
  Reader reader(input);
  for (auto map = reader.map(); reader.next(map);) {
    const std::string key = reader.text();
    if (key == "di") {
      reading.di = reader.text();
    } else if (key == "values") {
      for (auto array = reader.array(); reader.next(array);) reading.values.push_back(reader.integer());
    } else if (key == "state") {
      reading.state = reader.boolean();
    } else {
      reader.skip();
    }
  }
  reader.finish();
  reading.error = reader.error();
  return reading;
}

TEST(Reader, WalksMapsOfBothFormsAndSkipsUnknownKeys) {
  Bytes definite;
  Writer(definite)
      .map(4)
      .text("di")
      .text("a")
      .text("x")
      .array(2)
      .map(1)
      .uint(1)
      .uint(2)
      .bytes({})
      .text("values")
      .array(2);
  Writer(definite).integer(1).integer(-2).text("state").boolean(true);
  Bytes indefinite =
      from_hex("bf626469616161789fbf0102ff5fffff6676616c7565739f0121ff657374617465f5ff").value();
  for (const Bytes& input : {definite, indefinite}) {
    const Reading reading = read_map(input);
    EXPECT_EQ(reading.error, Error());
    EXPECT_EQ(reading.di, "a");
    EXPECT_EQ(reading.values, (std::vector<std::int64_t>{1, -2}));
    EXPECT_TRUE(reading.state);
    for (std::size_t size = 0; size < input.size(); ++size) {
      const Bytes part(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_EQ(read_map(part).error, CborError::truncated) << size;
    }
  }
}

TEST(Reader, RefusesAnIndefiniteMapThatEndsBetweenKeyAndValue) {
  EXPECT_EQ(read_map(from_hex("bf626469ff").value()).error, CborError::malformed);
}

TEST(Reader, SkipReturnsTheBytesOfTheItem) {
  const Bytes input = from_hex("83019f0203ff820405").value();
  Reader reader(input);
  auto array = reader.array();
  std::vector<std::string> items;
  while (reader.next(array)) items.push_back(to_hex(reader.skip()));
  reader.finish();
  EXPECT_EQ(reader.error(), Error());
  EXPECT_EQ(items, (std::vector<std::string>{"01", "9f0203ff", "820405"}));
}

TEST(Reader, KeepsItsFirstErrorAndReturnsEmptyValuesAfterwards) {
  const Bytes input = from_hex("6161010203").value();
  Reader reader(input);
  reader.uint();
  EXPECT_EQ(reader.error(), CborError::unexpected_type);
  EXPECT_EQ(reader.peek(), Type::end);
  EXPECT_EQ(reader.integer(), 0);
  EXPECT_EQ(reader.text(), "");
  EXPECT_TRUE(reader.skip().empty());
  auto array = reader.array();
  EXPECT_FALSE(reader.next(array));
  reader.fail(CborError::malformed);
  reader.finish();
  EXPECT_EQ(reader.error(), CborError::unexpected_type);
}

TEST(Reader, CountsNestingAcrossSkip) {
  const Bytes input = from_hex("8181818100").value();
  Reader reader(input, {.depth_max = 3, .items_max = 100});
  auto array = reader.array();
  ASSERT_TRUE(reader.next(array));
  reader.skip();
  EXPECT_EQ(reader.error(), CborError::too_deep);
}

TEST(Reader, FinishRefusesAContainerNotWalkedToItsEnd) {
  const Bytes input = from_hex("9f").value();
  Reader reader(input);
  reader.array();
  reader.finish();
  EXPECT_EQ(reader.error(), CborError::malformed);
}

}  // namespace
}  // namespace ocf::cbor
