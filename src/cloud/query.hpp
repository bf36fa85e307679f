// The query of a request to a device: "if=oic.if.baseline&x=y". It becomes a text of an event, and each part
// of it an option of a CoAP message.
#pragma once

#include "base/limits.hpp"
#include "base/result.hpp"

#include <string_view>

namespace ocf::cloud {

enum class QueryError {
  malformed = 1,  // no UTF-8, or a part of more than 255 bytes (RFC 7252 §5.10)
  too_long,       // Limits::options_per_message_max, option_bytes_max
};
Error make_error_code(QueryError error);

// Errors: QueryError.
Result<void> check_query(std::string_view query, const Limits& limits);

// Takes the part in front off a query that is not empty.
std::string_view take_part(std::string_view& query);

}  // namespace ocf::cloud

template <>
struct boost::system::is_error_code_enum<ocf::cloud::QueryError> : std::true_type {};
