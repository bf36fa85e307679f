// What is wrong with an OCF name or payload.
#pragma once

#include "base/result.hpp"

namespace ocf {

enum class OcfError {
  malformed_device_id = 1,
  malformed_href,  // does not begin with '/', is too long, or holds '?', '#', control characters or an empty
                   // segment
  missing_property,    // a mandatory property of the payload is absent or empty
  malformed_payload,   // not CBOR, or a property has another type than the specification's
  malformed_lifetime,  // `ttl` is negative or above Limits::link_lifetime_max
};
Error make_error_code(OcfError error);

}  // namespace ocf

template <>
struct boost::system::is_error_code_enum<ocf::OcfError> : std::true_type {};
