#include "ocf/error.hpp"

namespace ocf {
namespace {

const char* sentence(int value) {
  switch (static_cast<OcfError>(value)) {
    case OcfError::malformed_device_id: return "the device id is not a UUID, or the nil one";
    case OcfError::malformed_href: return "the href is not a path of a resource";
    case OcfError::missing_property: return "a mandatory property of the payload is missing or empty";
    case OcfError::malformed_payload: return "the payload is not what its endpoint specifies";
    case OcfError::malformed_lifetime: return "the lifetime of the links is negative or too long";
  }
  return "unknown";
}

constexpr SentenceCategory category{"ocf", sentence};

}  // namespace

Error make_error_code(OcfError error) { return {static_cast<int>(error), category}; }

}  // namespace ocf
