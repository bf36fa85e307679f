// CBOR (RFC 8949) read and written in place: a Writer that appends to a byte string, a Reader that walks a
// span with limits. Neither builds a tree; content that only passes through stays bytes.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocf::cbor {

enum class CborError {
  truncated = 1,  // the bytes end within an item
  malformed,      // reserved additional information, a break out of place, an odd map, ill-formed UTF-8, …
  unexpected_type,    // well-formed, but not what the caller asked for
  out_of_range,       // an integer that the asked type cannot hold
  too_deep,           // nesting above Bounds::depth_max
  too_many_items,     // items above Bounds::items_max
  trailing_bytes,     // something follows the item
  not_json,           // the text is not JSON, or a number in it is beyond any float
  not_representable,  // JSON has no form for it (a map key that is not a text, …)
};
Error make_error_code(CborError error);

struct Bounds {
  std::size_t depth_max = 16;
  std::size_t items_max = 16 * 1024;
};

enum class Type {
  unsigned_integer,
  negative_integer,
  bytes,
  text,
  array,
  map,
  tag,
  boolean,
  null,
  undefined,
  floating,
  simple,
  end
};

// Appends items to a byte string that it does not own. Integers and lengths in their shortest form (RFC 8949
// §4.2.1). Balance of arrays and maps is the caller's; a count given is a promise.
class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  Writer& uint(std::uint64_t value);
  Writer& integer(std::int64_t value);
  Writer& boolean(bool value);
  Writer& null();
  Writer& floating(double value);  // the shortest of 16, 32 and 64 bits that keeps the value
  Writer& text(std::string_view value);
  Writer& bytes(ByteView value);
  Writer& array(std::size_t items);
  Writer& map(std::size_t pairs);
  Writer& tag(std::uint64_t number);
  Writer& encoded(ByteView items);  // items that are CBOR already

 private:
  void head(std::uint8_t major, std::uint64_t argument);
  Bytes& out_;
};

struct Head;

// Walks one or more items. The first error sticks: every later call returns an empty value and leaves the
// error as it is, so that a decoder checks once, at its end:
//
//   Reader reader(payload);
//   for (auto map = reader.map(); reader.next(map);) {
//     const std::string key = reader.text();
//     if (key == "di") di = reader.text();
//     else reader.skip();
//   }
//   reader.finish();
//   if (reader.error()) return reader.error();
//
// Indefinite lengths are accepted everywhere. Tags are skipped where a value is asked for. Iterative: nesting
// costs no stack. Lives as long as its input.
class Reader {
 public:
  explicit Reader(ByteView input, Bounds bounds = {});

  // What comes next; Type::end at a break, at the end of the input or after an error. Reads nothing.
  Type peek() const;
  // Passes over tags, so that peek() tells what they stand before.
  void skip_tags();

  std::uint64_t uint();
  std::int64_t integer();
  bool boolean();
  double floating();   // integers are accepted
  void null();         // null or undefined
  std::string text();  // well-formed UTF-8; chunks are joined
  Bytes bytes();       // chunks are joined

  // An open array or map, walked with next() until that says no.
  struct Container {
    bool indefinite = false;
    std::uint64_t left = 0;  // items (pairs in a map) still to come, if definite
    bool open = false;
  };
  Container array();
  Container map();
  // True if another element (in a map: another key and value) follows; consumes the break of an indefinite
  // container.
  bool next(Container& container);

  // Passes over one whole item, checks that it is well-formed, and returns its bytes.
  ByteView skip();

  // Makes anything left over an error: bytes (trailing_bytes) or a container not walked to its end
  // (malformed).
  void finish();

  // Records an error of the caller's (a value that makes no sense) as if the input had been malformed.
  void fail(Error error);
  Error error() const { return error_; }

 private:
  // The next head, read; nullopt after an error. A break is malformed here: next() takes those that are in
  // place.
  std::optional<Head> head();
  // The next head after its tags, of the major type asked for; another type is an error.
  std::optional<Head> head_of(std::uint8_t major);
  Container open(const Head& head, unsigned items_per_element);
  // The bytes of a string, chunk by chunk.
  template <class Append>
  void string(const Head& head, Append append);
  std::optional<ByteView> chunk(const Head& head);
  bool at_break() const;

  ByteView input_;
  std::size_t at_ = 0;
  Bounds bounds_;
  std::size_t items_ = 0;
  std::size_t depth_ = 0;
  Error error_;
};

// Whether the bytes are exactly one well-formed item within the bounds. Errors: all but the last two.
Result<void> check(ByteView item, Bounds bounds = {});

// RFC 8949 §6.1 with these rules: byte strings become base64url texts; undefined, NaN and infinities become
// null; tags are dropped; a map key that is a number or boolean becomes its text; other keys:
// not_representable. Integers beyond 2^53 stay exact, and a float is never written like an integer (1.0).
// Errors: those of check(), not_representable.
Result<std::string> to_json(ByteView item, Bounds bounds = {});

// RFC 8949 §6.2: numbers without fraction and exponent become integers if 64 bits hold them, other numbers
// the shortest float that keeps them; texts stay texts. Errors: not_json, too_deep, too_many_items.
Result<Bytes> from_json(std::string_view json, Bounds bounds = {});

}  // namespace ocf::cbor

template <>
struct boost::system::is_error_code_enum<ocf::cbor::CborError> : std::true_type {};
