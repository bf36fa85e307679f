#include "cbor/cbor.hpp"

namespace ocf::cbor {
namespace {

const char* sentence(int value) {
  switch (static_cast<CborError>(value)) {
    case CborError::truncated: return "the CBOR ends within an item";
    case CborError::malformed: return "the CBOR is not well-formed";
    case CborError::unexpected_type: return "the CBOR item has another type than expected";
    case CborError::out_of_range: return "the CBOR integer is out of range";
    case CborError::too_deep: return "arrays and maps are nested too deeply";
    case CborError::too_many_items: return "there are too many items";
    case CborError::trailing_bytes: return "something follows the CBOR item";
    case CborError::not_json: return "the text is not JSON";
    case CborError::not_representable: return "JSON has no form for the CBOR item";
  }
  return "unknown";
}

constexpr SentenceCategory category{"cbor", sentence};

}  // namespace

Error make_error_code(CborError error) { return {static_cast<int>(error), category}; }

}  // namespace ocf::cbor
