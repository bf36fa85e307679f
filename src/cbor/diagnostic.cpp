#include "cbor/diagnostic.hpp"

#include "base/assert.hpp"
#include "cbor/forms.hpp"
#include "cbor/head.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ocf::cbor {
namespace {

// Writes one item that check() has passed, with a stack of its own for the nesting.
class DiagnosticWriter {
 public:
  DiagnosticWriter(ByteView item, const DiagnosticBounds& bounds, bool (*is_secret)(std::string_view))
      : input_(item), bounds_(bounds), is_secret_(is_secret) {}

  std::string write() {
    while (!input_.empty() && text_.size() <= bounds_.bytes_max) {
      item();
      while (!nesting_.empty() && !nesting_.back().indefinite && nesting_.back().left == 0) close();
    }
    if (text_.size() > bounds_.bytes_max) cut();
    return std::move(text_);
  }

 private:
  struct Nested {
    char closing = ']';
    bool map = false;
    bool indefinite = false;
    std::uint64_t left = 0;  // items; keys and values of a map are one each
    std::uint64_t written = 0;
    std::string_view if_empty = {};  // instead of the opening, of a string without chunks
  };

  void item() {
    if (!nesting_.empty() && nesting_.back().indefinite && input_.front() == break_byte) {
      take(1);
      return close();
    }
    bool is_key = false;
    if (!nesting_.empty()) {
      Nested& in = nesting_.back();
      const bool is_value = in.map && in.written % 2 == 1;
      if (in.written > 0) text_ += is_value ? ": " : ", ";
      is_key = in.map && !is_value;
      ++in.written;
      if (!in.indefinite) --in.left;
      if (is_value && secret_value_) return hide();
    }
    if (is_key) secret_value_ = names_secret();
    value();
  }

  // However the key is encoded: with tags, or in chunks.
  bool names_secret() const {
    if (is_secret_ == nullptr) return false;
    Reader key(input_, bounds_.item);
    key.skip_tags();
    return key.peek() == Type::text && is_secret_(key.text());
  }

  void hide() {
    take(Reader(input_, bounds_.item).skip().size());
    text_ += "\"[secret]\"";
    secret_value_ = false;
  }

  void value() {
    const auto head = decode_head(input_);
    OCF_ASSERT(head, "check() has passed the item");
    take(head->bytes);
    switch (head->major) {
      case major::unsigned_integer: text_ += std::to_string(head->argument); break;
      case major::negative_integer: text_ += negative_text(head->argument); break;
      case major::bytes: string(*head, "''_"); break;
      case major::text: string(*head, "\"\"_"); break;
      case major::array: open(*head, '[', {']', false, head->indefinite(), head->argument}); break;
      case major::map: open(*head, '{', {'}', true, head->indefinite(), 2 * head->argument}); break;
      case major::tag:
        text_ += std::to_string(head->argument);
        open(*head, '(', {')', false, false, 1});
        break;
      default: simple_value(*head);
    }
  }

  void open(const Head& head, char opening, Nested nested) {
    text_ += opening;
    if (head.indefinite()) text_ += "_ ";
    nesting_.push_back(nested);
  }

  void close() {
    const Nested& closed = nesting_.back();
    if (closed.indefinite && closed.written == 0 && !closed.if_empty.empty()) {
      text_.resize(text_.size() - 3);  // "(_ "
      text_ += closed.if_empty;
    } else {
      text_ += closed.closing;
    }
    nesting_.pop_back();
  }

  void string(const Head& head, std::string_view if_empty) {
    if (head.indefinite()) return open(head, '(', {')', false, true, 0, 0, if_empty});
    // No more of it than is shown.
    const ByteView content = input_.first(head.argument);
    const ByteView shown = content.first(std::min<std::size_t>(content.size(), bounds_.bytes_max + 1));
    if (head.major == major::text) {
      append_quoted(text_, as_text(shown));
    } else {
      text_ += "h'" + to_hex(shown) + '\'';
    }
    take(content.size());
  }

  void simple_value(const Head& head) {
    if (head.floating()) {
      const double number = decode_floating(head);
      if (std::isnan(number)) {
        text_ += "NaN";
      } else if (std::isinf(number)) {
        text_ += number < 0 ? "-Infinity" : "Infinity";
      } else {
        text_ += float_text(number);
      }
      return;
    }
    switch (head.argument) {
      case simple::false_: text_ += "false"; break;
      case simple::true_: text_ += "true"; break;
      case simple::null: text_ += "null"; break;
      case simple::undefined: text_ += "undefined"; break;
      default: text_ += "simple(" + std::to_string(head.argument) + ')';
    }
  }

  // Not within a character.
  void cut() {
    std::size_t end = bounds_.bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text_[end]) & 0xc0) == 0x80) --end;
    text_.resize(end);
    text_ += "…";
  }

  void take(std::size_t bytes) { input_ = input_.subspan(bytes); }

  ByteView input_;
  const DiagnosticBounds& bounds_;
  bool (*is_secret_)(std::string_view);
  std::vector<Nested> nesting_;
  std::string text_;
  bool secret_value_ = false;  // of the key that was written last
};

}  // namespace

Result<std::string> to_diagnostic(ByteView item, const DiagnosticBounds& bounds,
                                  bool (*is_secret)(std::string_view key)) {
  const auto checked = check(item, bounds.item);
  if (!checked) return checked.error();
  return DiagnosticWriter(item, bounds, is_secret).write();
}

}  // namespace ocf::cbor
