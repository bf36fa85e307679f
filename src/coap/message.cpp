#include "coap/message.hpp"

#include "base/assert.hpp"
#include "coap/description.hpp"

#include <algorithm>

namespace ocf::coap {
namespace {

constexpr OptionNumber known_critical[] = {
    OptionNumber::if_match,
    OptionNumber::uri_host,
    OptionNumber::if_none_match,
    OptionNumber::uri_port,
    OptionNumber::uri_path,
    OptionNumber::uri_query,
    OptionNumber::accept,
    OptionNumber::block2,
    OptionNumber::block1,
    OptionNumber::proxy_uri,
    OptionNumber::proxy_scheme,
    OptionNumber::ocf_accept_content_format_version,
    OptionNumber::ocf_content_format_version,
};

std::string printable(std::string_view text) {
  std::string line;
  for (const char letter : text) {
    if (letter > ' ' && letter <= '~') {
      line += letter;
    } else {
      line += '%' + to_hex(as_bytes({&letter, 1}));
    }
  }
  return line;
}

// accesstoken=, refreshtoken=, authcode=: what follows must not reach a log.
std::string without_secret(std::string_view query) {
  const std::size_t name_end = std::min(query.find('='), query.size());
  const std::string_view name = query.substr(0, name_end);
  if (name_end < query.size() && (name.ends_with("token") || name.ends_with("code"))) {
    return std::string(name) + "=[secret]";
  }
  return std::string(query);
}

template <class Visit>
void each(const Message& message, OptionNumber number, Visit visit) {
  for (const Option& option : message.options) {
    if (option.number == static_cast<std::uint16_t>(number)) visit(option.value);
  }
}

}  // namespace

std::string to_text(Code code) {
  const unsigned detail = static_cast<unsigned>(code) & 0x1f;
  return std::to_string(code_class(code)) + (detail < 10 ? ".0" : ".") + std::to_string(detail);
}

Token::Token(ByteView bytes) : size_(static_cast<std::uint8_t>(bytes.size())) {
  OCF_ASSERT(bytes.size() <= bytes_max, "a token has at most 8 bytes (RFC 7252 §5.3.1)");
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

Token Token::of(std::uint64_t number) {
  Token token;
  token.size_ = bytes_max;
  for (std::size_t i = 0; i < bytes_max; ++i)
    token.bytes_[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  return token;
}

Bytes encode_uint(std::uint64_t number) {
  Bytes value;
  for (int shift = 56; shift >= 0; shift -= 8) {
    const auto byte = static_cast<std::uint8_t>(number >> shift);
    if (byte != 0 || !value.empty()) value.push_back(byte);
  }
  return value;
}

std::optional<std::uint64_t> decode_uint(ByteView value) {
  if (value.size() > sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t number = 0;
  for (const std::uint8_t byte : value) number = number << 8 | byte;
  return number;
}

Message& Message::add(OptionNumber number, ByteView value) {
  return add_raw(static_cast<std::uint16_t>(number), value);
}

Message& Message::add_uint(OptionNumber number, std::uint64_t value) {
  return add(number, encode_uint(value));
}

Message& Message::add_raw(std::uint16_t number, ByteView value) {
  const auto place =
      std::upper_bound(options.begin(), options.end(), number,
                       [](std::uint16_t wanted, const Option& option) { return wanted < option.number; });
  options.insert(place, Option{number, copy_of(value)});
  return *this;
}

Message& Message::add_path(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) add(OptionNumber::uri_path, path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return *this;
}

const Option* Message::find_raw(std::uint16_t number) const {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [number](const Option& option) { return option.number == number; });
  return found == options.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> Message::uint(OptionNumber number) const {
  const Option* option = find(number);
  return option ? decode_uint(option->value) : std::nullopt;
}

std::string Message::path() const {
  std::string path;
  each(*this, OptionNumber::uri_path,
       [&](const Bytes& segment) { path.append("/").append(as_text(segment)); });
  return path.empty() ? "/" : path;
}

std::vector<std::string> Message::queries() const {
  std::vector<std::string> queries;
  each(*this, OptionNumber::uri_query, [&](const Bytes& query) { queries.emplace_back(as_text(query)); });
  return queries;
}

std::vector<std::string> Message::query(std::string_view name) const {
  std::vector<std::string> values;
  each(*this, OptionNumber::uri_query, [&](const Bytes& query) {
    const std::string_view text = as_text(query);
    if (text.size() > name.size() && text.starts_with(name) && text[name.size()] == '=') {
      values.emplace_back(text.substr(name.size() + 1));
    }
  });
  return values;
}

std::vector<Bytes> Message::values(OptionNumber number) const {
  std::vector<Bytes> values;
  each(*this, number, [&](const Bytes& value) { values.push_back(value); });
  return values;
}

std::vector<Bytes> Message::etags() const { return values(OptionNumber::etag); }

std::ostream& operator<<(std::ostream& out, const Message& message) {
  const bool is_named = message.code != Code::empty && !is_response(message.code);
  const std::string_view name = is_named ? name_of(message.code) : std::string_view();
  if (name.empty()) {
    out << message.code;
  } else {
    out << name;
  }
  out << ' ' << (message.token == Token() ? "-" : to_hex(message.token.bytes()));
  if (is_request(message.code)) {
    out << ' ' << printable(message.path());
    char separator = '?';
    for (const std::string& query : message.queries()) {
      out << separator << printable(without_secret(query));
      separator = '&';
    }
  }
  if (const auto observe = message.uint(OptionNumber::observe)) out << " observe=" << *observe;
  if (const auto format = message.uint(OptionNumber::content_format)) out << " cf=" << *format;
  if (!message.payload.empty()) out << " (" << message.payload.size() << " B)";
  return out;
}

std::optional<std::uint16_t> unknown_critical_option(const Message& message) {
  if (is_signaling(message.code)) return std::nullopt;
  for (const Option& option : message.options) {
    if (!is_critical(option.number)) continue;
    const auto known = static_cast<OptionNumber>(option.number);
    if (std::find(std::begin(known_critical), std::end(known_critical), known) == std::end(known_critical)) {
      return option.number;
    }
  }
  return std::nullopt;
}

}  // namespace ocf::coap
