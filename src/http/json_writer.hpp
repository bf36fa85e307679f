// JSON text, written front to back: no tree, and content that is JSON already stays as it is.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace ocf::http {

// Appends to a string that it does not own. Puts the commas; balance, and a key before each value of an object, are the caller's.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view utf8);
  template <std::integral Integer>
  JsonWriter& number(Integer value) {
    return json(std::to_string(value));
  }
  JsonWriter& boolean(bool value) { return json(value ? "true" : "false"); }
  JsonWriter& null() { return json("null"); }
  JsonWriter& json(std::string_view value);

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();
  void quote(std::string_view utf8);

  std::string& out_;
};

}  // namespace ocf::http
