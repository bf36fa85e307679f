#include "cbor/cbor.hpp"
#include "cbor/forms.hpp"
#include "cbor/head.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <charconv>
#include <cmath>
#include <vector>

namespace ocf::cbor {
namespace {

// Writes one item as JSON, with a stack of its own for the nesting.
class JsonWriter {
 public:
  JsonWriter(ByteView item, Bounds bounds) : reader_(item, bounds) {}

  Result<std::string> write() {
    value();
    while (!reader_.error() && !nesting_.empty()) element();
    reader_.finish();
    if (reader_.error()) return reader_.error();
    return std::move(json_);
  }

 private:
  struct Nested {
    Reader::Container container;
    bool map = false;
    bool first = true;
  };

  void element() {
    Nested& innermost = nesting_.back();
    if (!reader_.next(innermost.container)) {
      json_ += innermost.map ? '}' : ']';
      nesting_.pop_back();
      return;
    }
    if (!innermost.first) json_ += ',';
    innermost.first = false;
    if (innermost.map) key();
    value();
  }

  void value() {
    reader_.skip_tags();
    switch (reader_.peek()) {
      case Type::array:
        json_ += '[';
        nesting_.push_back({reader_.array(), false});
        break;
      case Type::map:
        json_ += '{';
        nesting_.push_back({reader_.map(), true});
        break;
      case Type::text: append_quoted(json_, reader_.text()); break;
      case Type::bytes: append_quoted(json_, to_base64url(reader_.bytes())); break;
      case Type::floating: floating(); break;
      case Type::unsigned_integer:
      case Type::negative_integer:
      case Type::boolean: json_ += plain_text(); break;
      default:  // null, undefined and simple values without a meaning; what is no item at all is found by
                // skip()
        reader_.skip();
        json_ += "null";
    }
  }

  void floating() {
    const double number = reader_.floating();
    json_ += std::isfinite(number) ? float_text(number) : "null";
  }

  void key() {
    reader_.skip_tags();
    switch (reader_.peek()) {
      case Type::text: append_quoted(json_, reader_.text()); break;
      case Type::floating: {
        const double number = reader_.floating();
        if (!std::isfinite(number)) return reader_.fail(CborError::not_representable);
        append_quoted(json_, float_text(number));
        break;
      }
      case Type::unsigned_integer:
      case Type::negative_integer:
      case Type::boolean: append_quoted(json_, plain_text()); break;
      default:
        reader_.skip();  // an error of the bytes is told before one of JSON
        reader_.fail(CborError::not_representable);
    }
    json_ += ':';
  }

  // An integer or a boolean: the text that stands for it in JSON.
  std::string plain_text() {
    const auto head = decode_head(reader_.skip());
    if (!head) return {};
    if (head->major == major::unsigned_integer) return std::to_string(head->argument);
    if (head->major == major::negative_integer) return negative_text(head->argument);
    return head->info == simple::true_ ? "true" : "false";
  }

  Reader reader_;
  std::vector<Nested> nesting_;
  std::string json_;
};

// Receives what Boost.JSON's parser finds, in the order of the text, and writes it as CBOR. How many elements
// a container has is known at its end, so that its head is put before its content then.
class CborWriter {
 public:
  // Asked for by the parser; the text is all there and limits its parts.
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  explicit CborWriter(Bounds bounds) : items_left_(bounds.items_max) {}

  Bytes take() { return std::move(out_); }

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }

  bool on_object_begin(Error& error) { return begin(error); }
  bool on_array_begin(Error& error) { return begin(error); }
  bool on_object_end(std::size_t pairs, Error&) {
    Bytes head;
    Writer(head).map(pairs);
    return end(head);
  }
  bool on_array_end(std::size_t items, Error&) {
    Bytes head;
    Writer(head).array(items);
    return end(head);
  }

  bool on_key_part(std::string_view part, std::size_t, Error&) { return text_part(part); }
  bool on_key(std::string_view part, std::size_t, Error& error) { return text_end(part, error); }
  bool on_string_part(std::string_view part, std::size_t, Error&) { return text_part(part); }
  bool on_string(std::string_view part, std::size_t, Error& error) { return text_end(part, error); }

  bool on_number_part(std::string_view, Error&) { return true; }  // only if the text came in pieces
  bool on_int64(std::int64_t value, std::string_view, Error& error) {
    writer_.integer(value);
    return count(error);
  }
  bool on_uint64(std::uint64_t value, std::string_view, Error& error) {
    writer_.uint(value);
    return count(error);
  }
  bool on_double(double value, std::string_view text, Error& error) {
    // The parser's own value may be off by a bit; where the digits are out of range it is 0 or infinite.
    double exact = value;
    std::from_chars(text.data(), text.data() + text.size(), exact);
    if (!std::isfinite(exact)) {
      error = CborError::not_json;
      return false;
    }
    writer_.floating(exact);
    return count(error);
  }
  bool on_bool(bool value, Error& error) {
    writer_.boolean(value);
    return count(error);
  }
  bool on_null(Error& error) {
    writer_.null();
    return count(error);
  }
  bool on_comment_part(std::string_view, Error&) { return true; }
  bool on_comment(std::string_view, Error&) { return true; }

 private:
  bool begin(Error& error) {
    starts_.push_back(out_.size());
    return count(error);
  }

  bool end(const Bytes& head) {
    out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(starts_.back()), head.begin(), head.end());
    starts_.pop_back();
    return true;
  }

  bool text_part(std::string_view part) {
    text_ += part;
    return true;
  }

  bool text_end(std::string_view part, Error& error) {
    text_ += part;
    writer_.text(text_);
    text_.clear();
    return count(error);
  }

  bool count(Error& error) {
    if (items_left_ == 0) {
      error = CborError::too_many_items;
      return false;
    }
    --items_left_;
    return true;
  }

  Bytes out_;
  Writer writer_{out_};
  std::vector<std::size_t> starts_;  // where the content of each open container begins
  std::string text_;
  std::size_t items_left_;
};

Error translate(const Error& error) {
  if (error == make_error_code(CborError::too_many_items)) return error;
  if (error == boost::json::error::too_deep) return CborError::too_deep;
  return CborError::not_json;
}

}  // namespace

Result<std::string> to_json(ByteView item, Bounds bounds) { return JsonWriter(item, bounds).write(); }

Result<Bytes> from_json(std::string_view json, Bounds bounds) {
  boost::json::parse_options options;
  options.max_depth = bounds.depth_max;
  boost::json::basic_parser<CborWriter> parser(options, bounds);
  Error error;
  const std::size_t consumed = parser.write_some(false, json.data(), json.size(), error);
  if (error) return translate(error);
  if (consumed < json.size()) return CborError::not_json;
  return parser.handler().take();
}

}  // namespace ocf::cbor
