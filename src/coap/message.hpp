// CoAP messages as values: codes, options and tokens of RFC 7252, 7641, 7959, 8132 and 8323, and the two OCF
// options.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace ocf::coap {

// c.dd as one byte, class in the upper three bits (RFC 7252 §3).
enum class Code : std::uint8_t {
  empty = 0x00,
  get = 0x01,
  post = 0x02,
  put = 0x03,
  del = 0x04,
  fetch = 0x05,
  patch = 0x06,
  ipatch = 0x07,  // RFC 8132
  created = 0x41,
  deleted = 0x42,
  valid = 0x43,
  changed = 0x44,
  content = 0x45,
  continue_ = 0x5f,
  bad_request = 0x80,
  unauthorized = 0x81,
  bad_option = 0x82,
  forbidden = 0x83,
  not_found = 0x84,
  method_not_allowed = 0x85,
  not_acceptable = 0x86,
  request_entity_incomplete = 0x88,
  conflict = 0x89,
  precondition_failed = 0x8c,
  request_entity_too_large = 0x8d,
  unsupported_content_format = 0x8f,
  unprocessable_entity = 0x96,
  too_many_requests = 0x9d,
  internal_server_error = 0xa0,
  not_implemented = 0xa1,
  bad_gateway = 0xa2,
  service_unavailable = 0xa3,
  gateway_timeout = 0xa4,
  proxying_not_supported = 0xa5,
  csm = 0xe1,
  ping = 0xe2,
  pong = 0xe3,
  release = 0xe4,
  abort = 0xe5,  // RFC 8323 §5
};

constexpr unsigned code_class(Code code) { return static_cast<unsigned>(code) >> 5; }
constexpr bool is_request(Code code) { return code_class(code) == 0 && code != Code::empty; }
constexpr bool is_response(Code code) { return code_class(code) >= 2 && code_class(code) <= 5; }
constexpr bool is_signaling(Code code) { return code_class(code) == 7; }
constexpr bool is_success(Code code) { return code_class(code) == 2; }
// "4.01"
std::string to_text(Code code);
inline std::ostream& operator<<(std::ostream& out, Code code) { return out << to_text(code); }

// At most 8 bytes (RFC 7252 §5.3.1), held in place.
class Token {
 public:
  static constexpr std::size_t bytes_max = 8;

  Token() = default;
  // Precondition: at most 8 bytes.
  explicit Token(ByteView bytes);
  // The 8 bytes of a number, most significant first: what the hub uses for its own requests and signaling.
  static Token of(std::uint64_t number);

  ByteView bytes() const { return {bytes_.data(), size_}; }
  friend bool operator==(const Token&, const Token&) = default;
  friend auto operator<=>(const Token&, const Token&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Token& token) {
    return out << to_hex(token.bytes());
  }

 private:
  std::array<std::uint8_t, bytes_max> bytes_{};
  std::uint8_t size_ = 0;
};

enum class OptionNumber : std::uint16_t {
  if_match = 1,
  uri_host = 3,
  etag = 4,
  if_none_match = 5,
  observe = 6,
  uri_port = 7,
  location_path = 8,
  uri_path = 11,
  content_format = 12,
  max_age = 14,
  uri_query = 15,
  accept = 17,
  location_query = 20,
  block2 = 23,
  block1 = 27,
  size2 = 28,
  proxy_uri = 35,
  proxy_scheme = 39,
  size1 = 60,
  no_response = 258,
  ocf_accept_content_format_version = 2049,
  ocf_content_format_version = 2053,  // OCF Core, section 12
};
constexpr bool is_critical(std::uint16_t number) { return (number & 1) != 0; }

// Options of signaling messages have numbers of their own per code (RFC 8323 §5).
namespace signaling {
inline constexpr std::uint16_t max_message_size = 2;     // CSM
inline constexpr std::uint16_t block_wise_transfer = 4;  // CSM
inline constexpr std::uint16_t custody = 2;              // Ping, Pong
inline constexpr std::uint16_t alternative_address = 2;  // Release
inline constexpr std::uint16_t hold_off = 4;             // Release
inline constexpr std::uint16_t bad_csm_option = 2;       // Abort
}  // namespace signaling

namespace content_format {
inline constexpr std::uint16_t text_plain = 0;
inline constexpr std::uint16_t link_format = 40;
inline constexpr std::uint16_t json = 50;
inline constexpr std::uint16_t cbor = 60;
inline constexpr std::uint16_t ocf_cbor = 10000;  // application/vnd.ocf+cbor
}  // namespace content_format

// major.minor.sub as 5, 5 and 6 bits; 1.0.0 is what OCF devices send and what the hub answers.
inline constexpr std::uint16_t ocf_version_1_0_0 = 2048;

// A number as an option value: big-endian in the fewest bytes, none for 0 (RFC 7252 §3.2).
Bytes encode_uint(std::uint64_t number);
// nullopt: longer than 8 bytes.
std::optional<std::uint64_t> decode_uint(ByteView value);

struct Option {
  std::uint16_t number = 0;
  Bytes value;
  friend bool operator==(const Option&, const Option&) = default;
};

// Invariant: options are sorted by number; equal numbers keep the order in which they were added (RFC 7252
// §3.1).
struct Message {
  Code code = Code::empty;
  Token token;
  std::vector<Option> options;
  Bytes payload;

  friend bool operator==(const Message&, const Message&) = default;

  // Adding keeps the invariant. Numbers are written in their shortest form (RFC 7252 §3.2).
  Message& add(OptionNumber number, ByteView value);
  Message& add(OptionNumber number, std::string_view value) { return add(number, as_bytes(value)); }
  Message& add_uint(OptionNumber number, std::uint64_t value);
  // Signaling options share numbers with others, so they are added by their plain number.
  Message& add_raw(std::uint16_t number, ByteView value);
  Message& add_path(
      std::string_view path);  // "/oic/res" → one Uri-Path option per segment; empty segments are dropped

  // The first option of that number; nullptr if there is none.
  const Option* find(OptionNumber number) const { return find_raw(static_cast<std::uint16_t>(number)); }
  const Option* find_raw(std::uint16_t number) const;
  // Its value as a number; nullopt if absent or longer than 8 bytes.
  std::optional<std::uint64_t> uint(OptionNumber number) const;

  // "/oic/res" from the Uri-Path options, "/" if there are none.
  std::string path() const;
  // Each Uri-Query option as it stands, in order.
  std::vector<std::string> queries() const;
  // The values of the queries "name=value" with this name, in order.
  std::vector<std::string> query(std::string_view name) const;
  // The values of all options of that number, in order.
  std::vector<Bytes> values(OptionNumber number) const;
  // ETag option(s), in order.
  std::vector<Bytes> etags() const;
};

// One line for logs and test failures: "POST 0a0b0c0d0e0f1011 /oic/rd?rt=oic.wk.rdpub cf=10000 (634 B)".
// Never prints payloads or the values of queries that carry a token; bytes other than printable ASCII are
// percent-encoded.
std::ostream& operator<<(std::ostream& out, const Message& message);

// The first critical option of a request or response that this hub does not know, if any: to be answered
// with 4.02.
std::optional<std::uint16_t> unknown_critical_option(const Message& message);

}  // namespace ocf::coap

template <>
struct std::hash<ocf::coap::Token> {
  std::size_t operator()(const ocf::coap::Token& token) const noexcept {
    return std::hash<std::string_view>{}(ocf::as_text(token.bytes()));
  }
};
