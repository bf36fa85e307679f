#include "cloud/cursor.hpp"

#include "base/bytes.hpp"
#include "cloud/error.hpp"

namespace ocf::cloud {
namespace {

constexpr std::uint8_t format = 1;

void put_varint(Bytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

bool take_varint(ByteView& in, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 63 && !in.empty(); shift += 7) {
    const std::uint8_t byte = in.front();
    in = in.subspan(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

}  // namespace

std::string Cursor::text() const {
  Bytes bytes{format};
  for (const es::Offset offset : next) put_varint(bytes, offset);
  return to_base64url(bytes);
}

Result<Cursor> Cursor::parse(std::string_view text, es::Partition partitions) {
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->empty() || bytes->front() != format) return CloudError::malformed_cursor;
  ByteView left = ByteView(*bytes).subspan(1);
  Cursor cursor;
  while (!left.empty()) {
    std::uint64_t offset = 0;
    if (!take_varint(left, offset) || offset == 0) return CloudError::malformed_cursor;
    cursor.next.push_back(offset);
  }
  if (cursor.next.size() != partitions) return CloudError::malformed_cursor;
  return cursor;
}

}  // namespace ocf::cloud
