// Byte strings: owned, viewed and shared, and their hexadecimal and base64url texts.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ocf {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// Immutable content that several owners read: an event, the shadow, a subscriber. Never null where a function
// returns one; a default-constructed pointer means "no content".
using SharedBytes = std::shared_ptr<const Bytes>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes copy_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }
inline SharedBytes share(Bytes bytes) { return std::make_shared<const Bytes>(std::move(bytes)); }
// The content, or an empty view for "no content".
inline ByteView view_of(const SharedBytes& bytes) { return bytes ? ByteView(*bytes) : ByteView(); }

std::string to_hex(ByteView bytes);
// Errors: not_hex.
Result<Bytes> from_hex(std::string_view text);

// RFC 4648 section 5, without padding.
std::string to_base64url(ByteView bytes);
// Errors: not_base64url (padding, white space and other alphabets included).
Result<Bytes> from_base64url(std::string_view text);

enum class BytesError { not_hex = 1, not_base64url };
Error make_error_code(BytesError error);

}  // namespace ocf

template <>
struct boost::system::is_error_code_enum<ocf::BytesError> : std::true_type {};
