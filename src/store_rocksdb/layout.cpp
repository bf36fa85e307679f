#include "store_rocksdb/layout.hpp"

#include "base/assert.hpp"

namespace ocf::store_rocksdb {
namespace {

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint64_t take(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace

std::string number_value(std::uint64_t value) {
  std::string out;
  put(out, value, 8);
  return out;
}

std::optional<std::uint64_t> parse_number(std::string_view value) {
  if (value.size() != 8) return std::nullopt;
  return take(value);
}

std::string log_key(es::Position position) {
  std::string key;
  put(key, position.partition, 2);
  put(key, position.offset, 8);
  return key;
}

std::optional<es::Position> parse_log_key(std::string_view key) {
  if (key.size() != 10) return std::nullopt;
  return es::Position{static_cast<es::Partition>(take(key.substr(0, 2))), take(key.substr(2))};
}

std::string index_prefix(const es::StreamId& stream) {
  const std::string& text = stream.text();
  OCF_ASSERT(text.size() <= 0xffff, "es::check() refuses streams with longer names");
  std::string key;
  key.reserve(text.size() + 10);
  put(key, text.size(), 2);
  key += text;
  return key;
}

std::string index_key(const es::StreamId& stream, es::Version version) {
  std::string key = index_prefix(stream);
  put(key, version, 8);
  return key;
}

std::string marker_key(es::Partition partition) {
  std::string key;
  put(key, 0, 2);
  put(key, partition, 2);
  return key;
}

}  // namespace ocf::store_rocksdb
