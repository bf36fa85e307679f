#include "coap/description.hpp"

#include "base/printable.hpp"
#include "cbor/diagnostic.hpp"
#include "coap/block.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace ocf::coap {
namespace {

constexpr std::size_t bytes_max = 4 * 1024;
constexpr std::size_t payload_text_bytes_max = 2 * 1024;
constexpr std::size_t option_text_bytes_max = 256;

// Nothing, a number, a text, opaque bytes (RFC 7252 §3.2); a block; a content format; OCF's version.
enum class Form { empty, uint, text, opaque, block, format, version };

struct Known {
  std::uint16_t number;
  std::string_view name;
  Form form;
};

constexpr Known known_options[] = {
    {1, "If-Match", Form::opaque},
    {3, "Uri-Host", Form::text},
    {4, "ETag", Form::opaque},
    {5, "If-None-Match", Form::empty},
    {6, "Observe", Form::uint},
    {7, "Uri-Port", Form::uint},
    {8, "Location-Path", Form::text},
    {9, "OSCORE", Form::opaque},
    {11, "Uri-Path", Form::text},
    {12, "Content-Format", Form::format},
    {14, "Max-Age", Form::uint},
    {15, "Uri-Query", Form::text},
    {16, "Hop-Limit", Form::uint},
    {17, "Accept", Form::format},
    {20, "Location-Query", Form::text},
    {23, "Block2", Form::block},
    {27, "Block1", Form::block},
    {28, "Size2", Form::uint},
    {35, "Proxy-Uri", Form::text},
    {39, "Proxy-Scheme", Form::text},
    {60, "Size1", Form::uint},
    {258, "No-Response", Form::uint},
    {2049, "OCF-Accept-Content-Format-Version", Form::version},
    {2053, "OCF-Content-Format-Version", Form::version},
};

struct Signaling {
  Code code;
  Known option;
};

// RFC 8323 §5.
constexpr Signaling signaling_options[] = {
    {Code::csm, {signaling::max_message_size, "Max-Message-Size", Form::uint}},
    {Code::csm, {signaling::block_wise_transfer, "Block-Wise-Transfer", Form::empty}},
    {Code::ping, {signaling::custody, "Custody", Form::empty}},
    {Code::pong, {signaling::custody, "Custody", Form::empty}},
    {Code::release, {signaling::alternative_address, "Alternative-Address", Form::text}},
    {Code::release, {signaling::hold_off, "Hold-Off", Form::uint}},
    {Code::abort, {signaling::bad_csm_option, "Bad-CSM-Option", Form::uint}},
};

struct Format {
  std::uint64_t number;
  std::string_view name;
};

// IANA's registry of CoAP content formats, those that OCF's devices and clients use.
constexpr Format formats[] = {
    {content_format::text_plain, "text/plain"}, {content_format::link_format, "application/link-format"},
    {42, "application/octet-stream"},           {content_format::json, "application/json"},
    {content_format::cbor, "application/cbor"}, {content_format::ocf_cbor, "application/vnd.ocf+cbor"},
};

std::optional<Known> known(Code code, std::uint16_t number) {
  if (is_signaling(code)) {
    const auto found =
        std::find_if(std::begin(signaling_options), std::end(signaling_options),
                     [&](const Signaling& row) { return row.code == code && row.option.number == number; });
    return found == std::end(signaling_options) ? std::nullopt : std::optional(found->option);
  }
  const auto found = std::find_if(std::begin(known_options), std::end(known_options),
                                  [&](const Known& row) { return row.number == number; });
  return found == std::end(known_options) ? std::nullopt : std::optional(*found);
}

// The properties of account resources (OCF Cloud Security, section 8) by which tokens and codes travel.
bool is_secret(std::string_view name) { return name.ends_with("token") || name.ends_with("code"); }

// What stands behind the name of a secret, or of anything in the query of another address, is not shown.
std::string without_secrets(std::string_view text, std::uint16_t number) {
  const bool is_address = number == static_cast<std::uint16_t>(OptionNumber::proxy_uri);
  if (is_address) return std::string(text.substr(0, text.find('?')));
  const std::size_t name_end = std::min(text.find('='), text.size());
  if (name_end < text.size() && is_secret(text.substr(0, name_end)))
    return std::string(text.substr(0, name_end)) + "=[secret]";
  return std::string(text);
}

std::string format_text(std::uint64_t number) {
  const auto found = std::find_if(std::begin(formats), std::end(formats),
                                  [number](const Format& format) { return format.number == number; });
  return std::to_string(number) + (found == std::end(formats) ? "" : " (" + std::string(found->name) + ')');
}

// major.minor.sub as 5, 5 and 6 bits.
std::string version_text(std::uint64_t number) {
  return std::to_string(number >> 11) + '.' + std::to_string(number >> 6 & 0x1f) + '.' +
         std::to_string(number & 0x3f);
}

std::string hex(ByteView bytes) {
  const ByteView shown = bytes.first(std::min(bytes.size(), option_text_bytes_max / 2));
  return to_hex(shown) + (shown.size() < bytes.size() ? "…" : "");
}

std::string value_text(Form form, const Option& option) {
  const auto number = decode_uint(option.value);
  switch (form) {
    case Form::empty: return option.value.empty() ? "" : hex(option.value);
    case Form::uint: return number ? std::to_string(*number) : hex(option.value);
    case Form::format: return number ? format_text(*number) : hex(option.value);
    case Form::version: return number && *number <= 0xffff ? version_text(*number) : hex(option.value);
    case Form::text:
      return printable(without_secrets(as_text(option.value), option.number), option_text_bytes_max);
    case Form::block: {
      const auto block = decode_block(option.value);
      if (!block) return hex(option.value);
      std::ostringstream text;
      text << *block;
      return text.str();
    }
    case Form::opaque: break;
  }
  return hex(option.value);
}

std::string option_text(Code code, const Option& option) {
  const auto found = known(code, option.number);
  const std::string name = found ? std::string(found->name) : "option " + std::to_string(option.number);
  const std::string value = value_text(found ? found->form : Form::opaque, option);
  return "\n  " + name + (value.empty() ? "" : ": " + value);
}

// Whether what cannot be read as a whole may be, or hold, a token or a code: the payloads of account
// requests, and parts of payloads.
bool may_hold_secrets(const Message& message) {
  if (is_signaling(message.code)) return false;
  const std::string path = message.path();
  return path.starts_with("/oic/sec") || path.starts_with("/oic/account") ||
         message.find(OptionNumber::block1) != nullptr || message.find(OptionNumber::block2) != nullptr;
}

// Diagnostics of errors and signaling have no content format (RFC 7252 §5.5.2, RFC 8323 §5.6).
bool is_diagnostic(const Message& message) {
  return message.find(OptionNumber::content_format) == nullptr && !is_request(message.code) &&
         !is_success(message.code);
}

std::string payload_text(const Message& message) {
  const auto format = message.uint(OptionNumber::content_format);
  const bool is_text = format == content_format::text_plain || format == content_format::link_format ||
                       format == content_format::json || is_diagnostic(message);
  cbor::DiagnosticBounds bounds;
  bounds.bytes_max = payload_text_bytes_max;
  if (!is_text) {
    if (const auto text = cbor::to_diagnostic(message.payload, bounds, is_secret)) return ": " + *text;
  }
  if (may_hold_secrets(message)) return ", not shown";
  if (is_text) return ": " + printable(as_text(message.payload), payload_text_bytes_max);
  return ", no CBOR: " + hex(message.payload);
}

}  // namespace

std::string_view name_of(Code code) {
  switch (code) {
    case Code::empty: return "Empty";
    case Code::get: return "GET";
    case Code::post: return "POST";
    case Code::put: return "PUT";
    case Code::del: return "DELETE";
    case Code::fetch: return "FETCH";
    case Code::patch: return "PATCH";
    case Code::ipatch: return "iPATCH";
    case Code::created: return "Created";
    case Code::deleted: return "Deleted";
    case Code::valid: return "Valid";
    case Code::changed: return "Changed";
    case Code::content: return "Content";
    case Code::continue_: return "Continue";
    case Code::bad_request: return "Bad Request";
    case Code::unauthorized: return "Unauthorized";
    case Code::bad_option: return "Bad Option";
    case Code::forbidden: return "Forbidden";
    case Code::not_found: return "Not Found";
    case Code::method_not_allowed: return "Method Not Allowed";
    case Code::not_acceptable: return "Not Acceptable";
    case Code::request_entity_incomplete: return "Request Entity Incomplete";
    case Code::conflict: return "Conflict";
    case Code::precondition_failed: return "Precondition Failed";
    case Code::request_entity_too_large: return "Request Entity Too Large";
    case Code::unsupported_content_format: return "Unsupported Content-Format";
    case Code::unprocessable_entity: return "Unprocessable Entity";
    case Code::too_many_requests: return "Too Many Requests";
    case Code::internal_server_error: return "Internal Server Error";
    case Code::not_implemented: return "Not Implemented";
    case Code::bad_gateway: return "Bad Gateway";
    case Code::service_unavailable: return "Service Unavailable";
    case Code::gateway_timeout: return "Gateway Timeout";
    case Code::proxying_not_supported: return "Proxying Not Supported";
    case Code::csm: return "CSM";
    case Code::ping: return "Ping";
    case Code::pong: return "Pong";
    case Code::release: return "Release";
    case Code::abort: return "Abort";
  }
  return {};
}

std::string describe(const Message& message) {
  std::string text;
  const std::string_view name = name_of(message.code);
  if (is_response(message.code)) text = to_text(message.code) + (name.empty() ? "" : " ");
  text += name.empty() && text.empty() ? to_text(message.code) : std::string(name);
  if (message.token != Token()) text += ", token " + to_hex(message.token.bytes());
  for (const Option& option : message.options) {
    if (text.size() > bytes_max - payload_text_bytes_max) {
      text += "\n  …";
      break;
    }
    text += option_text(message.code, option);
  }
  if (message.payload.empty()) return text;
  text += "\n  payload, " + std::to_string(message.payload.size()) + " bytes" + payload_text(message);
  return text;
}

}  // namespace ocf::coap
