#include "cbor/cbor.hpp"
#include "cbor/head.hpp"
#include "cbor/utf8.hpp"

#include <limits>
#include <utility>

namespace ocf::cbor {
namespace {

Type simple_type(std::uint8_t info) {
  switch (info) {
    case simple::false_:
    case simple::true_: return Type::boolean;
    case simple::null: return Type::null;
    case simple::undefined: return Type::undefined;
    case info::two_bytes:
    case info::four_bytes:
    case info::eight_bytes: return Type::floating;
    case info::indefinite: return Type::end;
    default: return Type::simple;
  }
}

}  // namespace

Reader::Reader(ByteView input, Bounds bounds) : input_(input), bounds_(bounds) {}

Type Reader::peek() const {
  if (error_ || at_ == input_.size()) return Type::end;
  switch (input_[at_] >> 5) {
    case major::unsigned_integer: return Type::unsigned_integer;
    case major::negative_integer: return Type::negative_integer;
    case major::bytes: return Type::bytes;
    case major::text: return Type::text;
    case major::array: return Type::array;
    case major::map: return Type::map;
    case major::tag: return Type::tag;
    default: return simple_type(input_[at_] & 0x1f);
  }
}

void Reader::skip_tags() {
  while (peek() == Type::tag && head()) {
  }
}

std::uint64_t Reader::uint() {
  skip_tags();
  if (peek() == Type::negative_integer) fail(CborError::out_of_range);
  const auto item = head_of(major::unsigned_integer);
  return item ? item->argument : 0;
}

std::int64_t Reader::integer() {
  skip_tags();
  const bool negative = peek() == Type::negative_integer;
  const auto item = head_of(negative ? major::negative_integer : major::unsigned_integer);
  if (!item) return 0;
  if (item->argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    fail(CborError::out_of_range);
    return 0;
  }
  const auto argument = static_cast<std::int64_t>(item->argument);
  return negative ? -1 - argument : argument;
}

bool Reader::boolean() {
  const auto item = head_of(major::simple);
  if (!item) return false;
  if (item->info != simple::false_ && item->info != simple::true_) fail(CborError::unexpected_type);
  return item->info == simple::true_;
}

double Reader::floating() {
  skip_tags();
  if (peek() == Type::unsigned_integer) return static_cast<double>(uint());
  if (peek() == Type::negative_integer) {
    const auto item = head();
    return item ? -1.0 - static_cast<double>(item->argument) : 0;
  }
  const auto item = head_of(major::simple);
  if (!item) return 0;
  if (!item->floating()) {
    fail(CborError::unexpected_type);
    return 0;
  }
  return decode_floating(*item);
}

void Reader::null() {
  const auto item = head_of(major::simple);
  if (item && item->info != simple::null && item->info != simple::undefined) fail(CborError::unexpected_type);
}

std::string Reader::text() {
  std::string joined;
  if (const auto item = head_of(major::text))
    string(*item, [&](ByteView chunk) { joined += as_text(chunk); });
  return error_ ? std::string() : joined;
}

Bytes Reader::bytes() {
  Bytes joined;
  if (const auto item = head_of(major::bytes)) {
    string(*item, [&](ByteView chunk) { joined.insert(joined.end(), chunk.begin(), chunk.end()); });
  }
  return error_ ? Bytes() : joined;
}

Reader::Container Reader::array() {
  const auto item = head_of(major::array);
  return item ? open(*item, 1) : Container();
}

Reader::Container Reader::map() {
  const auto item = head_of(major::map);
  return item ? open(*item, 2) : Container();
}

bool Reader::next(Container& container) {
  if (error_ || !container.open) return false;
  if (container.indefinite) {
    if (at_ == input_.size()) {
      fail(CborError::truncated);
      return false;
    }
    if (!at_break()) return true;
    ++at_;
  } else if (container.left > 0) {
    --container.left;
    return true;
  }
  container.open = false;
  --depth_;
  return false;
}

ByteView Reader::skip() {
  // An open container whose elements are single items, keys and values alike: a map of n pairs has 2n.
  struct Items {
    Container items;
    bool pairs = false;
    bool odd = false;
  };
  const std::size_t start = at_;
  std::vector<Items> nesting;
  do {
    if (!nesting.empty()) {
      Items& innermost = nesting.back();
      if (!next(innermost.items)) {
        if (innermost.pairs && innermost.odd) fail(CborError::malformed);
        nesting.pop_back();
        continue;
      }
      innermost.odd = !innermost.odd;
    }
    skip_tags();
    const auto item = head();
    if (!item) break;
    if (item->major == major::bytes || item->major == major::text) string(*item, [](ByteView) {});
    if (item->major == major::array) nesting.push_back({open(*item, 1), false});
    if (item->major == major::map) {
      Container pairs = open(*item, 2);
      pairs.left *= 2;
      nesting.push_back({pairs, true});
    }
  } while (!error_ && !nesting.empty());
  return error_ ? ByteView() : input_.subspan(start, at_ - start);
}

void Reader::finish() {
  if (error_) return;
  if (at_ != input_.size()) {
    fail(CborError::trailing_bytes);
  } else if (depth_ != 0) {
    fail(CborError::malformed);
  }
}

void Reader::fail(Error error) {
  if (!error_) error_ = error;
}

std::optional<Head> Reader::head() {
  if (error_) return std::nullopt;
  const auto item = decode_head(input_.subspan(at_));
  if (!item) {
    fail(item.error());
  } else if (item->major == major::simple && item->indefinite()) {
    fail(CborError::malformed);
  } else if (items_ == bounds_.items_max) {
    fail(CborError::too_many_items);
  } else {
    ++items_;
    at_ += item->bytes;
    return *item;
  }
  return std::nullopt;
}

std::optional<Head> Reader::head_of(std::uint8_t major) {
  skip_tags();
  const auto item = head();
  if (!item) return std::nullopt;
  if (item->major != major) {
    fail(CborError::unexpected_type);
    return std::nullopt;
  }
  return item;
}

Reader::Container Reader::open(const Head& head, unsigned items_per_element) {
  if (depth_ == bounds_.depth_max) {
    fail(CborError::too_deep);
    return {};
  }
  // An item takes a byte at least, so that a count above the bytes left cannot be kept.
  if (!head.indefinite() && head.argument > (input_.size() - at_) / items_per_element) {
    fail(CborError::truncated);
    return {};
  }
  ++depth_;
  return {head.indefinite(), head.argument, true};
}

template <class Append>
void Reader::string(const Head& string_head, Append append) {
  if (!string_head.indefinite()) {
    if (const auto whole = chunk(string_head)) append(*whole);
    return;
  }
  while (!at_break()) {
    const auto chunk_head = head();
    if (!chunk_head) return;
    if (chunk_head->major != string_head.major || chunk_head->indefinite()) return fail(CborError::malformed);
    const auto part = chunk(*chunk_head);
    if (!part) return;
    append(*part);
  }
  ++at_;
}

// A text's chunks are each well-formed UTF-8 (RFC 8949 §3.2.3).
std::optional<ByteView> Reader::chunk(const Head& chunk_head) {
  if (chunk_head.argument > input_.size() - at_) {
    fail(CborError::truncated);
    return std::nullopt;
  }
  const ByteView content = input_.subspan(at_, static_cast<std::size_t>(chunk_head.argument));
  if (chunk_head.major == major::text && !is_utf8(content)) {
    fail(CborError::malformed);
    return std::nullopt;
  }
  at_ += content.size();
  return content;
}

bool Reader::at_break() const { return at_ < input_.size() && input_[at_] == break_byte; }

Result<void> check(ByteView item, Bounds bounds) {
  Reader reader(item, bounds);
  reader.skip();
  reader.finish();
  if (reader.error()) return reader.error();
  return {};
}

}  // namespace ocf::cbor
