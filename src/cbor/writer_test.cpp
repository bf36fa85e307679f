#include "cbor/cbor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace ocf::cbor {
namespace {

std::string written(const std::function<void(Writer&)>& write) {
  Bytes out;
  Writer writer(out);
  write(writer);
  return to_hex(out);
}

TEST(Writer, TakesTheShortestFormOfIntegers) {
  const std::pair<std::uint64_t, const char*> vectors[] = {
      {0, "00"},
      {23, "17"},
      {24, "1818"},
      {255, "18ff"},
      {256, "190100"},
      {65'535, "19ffff"},
      {65'536, "1a00010000"},
      {0xffff'ffff, "1affffffff"},
      {0x1'0000'0000, "1b0000000100000000"},
      {std::numeric_limits<std::uint64_t>::max(), "1bffffffffffffffff"},
  };
  for (const auto& [value, hex] : vectors) {
    EXPECT_EQ(written([value = value](Writer& writer) { writer.uint(value); }), hex);
  }
}

TEST(Writer, WritesNegativeIntegersAsTheirComplement) {
  const std::pair<std::int64_t, const char*> vectors[] = {
      {0, "00"},
      {1000, "1903e8"},
      {-1, "20"},
      {-10, "29"},
      {-24, "37"},
      {-25, "3818"},
      {-100, "3863"},
      {-1000, "3903e7"},
      {std::numeric_limits<std::int64_t>::max(), "1b7fffffffffffffff"},
      {std::numeric_limits<std::int64_t>::min(), "3b7fffffffffffffff"},
  };
  for (const auto& [value, hex] : vectors) {
    EXPECT_EQ(written([value = value](Writer& writer) { writer.integer(value); }), hex);
  }
}

TEST(Writer, TakesTheShortestFloatThatKeepsTheValue) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::pair<double, const char*> vectors[] = {
      {0.0, "f90000"},
      {-0.0, "f98000"},
      {1.0, "f93c00"},
      {1.1, "fb3ff199999999999a"},
      {1.5, "f93e00"},
      {65504.0, "f97bff"},
      {65505.0, "fa477fe100"},
      {65536.0, "fa47800000"},
      {100000.0, "fa47c35000"},
      {3.4028234663852886e+38, "fa7f7fffff"},
      {3.4028234663852889e+38, "fb47efffffe0000001"},
      {1.0e+300, "fb7e37e43c8800759c"},
      {5.960464477539063e-8, "f90001"},
      {8.940696716308594e-8, "fa33c00000"},   // one and a half of the smallest half
      {2.9802322387695312e-8, "fa33000000"},  // half of it
      {6.097555160522461e-5, "f903ff"},       // the largest subnormal half
      {0.00006103515625, "f90400"},
      {1.401298464324817e-45, "fa00000001"},
      {5e-324, "fb0000000000000001"},
      {-4.0, "f9c400"},
      {-4.1, "fbc010666666666666"},
      {infinity, "f97c00"},
      {-infinity, "f9fc00"},
      {std::nan(""), "f97e00"},
  };
  for (const auto& [value, hex] : vectors) {
    EXPECT_EQ(written([value = value](Writer& writer) { writer.floating(value); }), hex) << value;
  }
}

TEST(Writer, WritesTextsBytesAndContainers) {
  EXPECT_EQ(written([](Writer& writer) { writer.text("\xe6\xb0\xb4"); }), "63e6b0b4");
  EXPECT_EQ(written([](Writer& writer) { writer.text(std::string(24, 'a')); }).substr(0, 6), "781861");
  EXPECT_EQ(written([](Writer& writer) { writer.bytes(Bytes{1, 2, 3, 4}); }), "4401020304");
  EXPECT_EQ(written([](Writer& writer) { writer.array(25); }), "9819");
  EXPECT_EQ(written([](Writer& writer) { writer.tag(32).text("a"); }), "d8206161");
  EXPECT_EQ(
      written([](Writer& writer) {
        writer.map(3).text("a").boolean(true).text("b").null().text("c").encoded(Bytes{0x82, 0x01, 0x02});
      }),
      "a36161f56162f66163820102");
}

}  // namespace
}  // namespace ocf::cbor
