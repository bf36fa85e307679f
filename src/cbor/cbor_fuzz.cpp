// Any bytes: check(), skip(), to_json(), from_json() and to_diagnostic() agree with each other.
#include "base/assert.hpp"
#include "cbor/cbor.hpp"
#include "cbor/diagnostic.hpp"

namespace ocf {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const auto checked = cbor::check(input);

  cbor::Reader reader(input);
  const ByteView item = reader.skip();
  reader.finish();
  OCF_ASSERT(checked.has_error() == reader.error().failed(), "check() is skip() and finish()");
  if (checked) OCF_ASSERT(item.size() == size, "skip() returns the whole of an item that stands alone");

  constexpr std::size_t mark_bytes = 3;  // of the "…"
  const cbor::DiagnosticBounds bounds;
  const auto diagnostic = cbor::to_diagnostic(input, bounds);
  OCF_ASSERT(diagnostic.has_error() == checked.has_error(), "what is well-formed has a diagnostic notation");
  if (diagnostic) OCF_ASSERT(diagnostic->size() <= bounds.bytes_max + mark_bytes, "the notation is bounded");

  const auto json = cbor::to_json(input);
  if (json) {
    OCF_ASSERT(checked.has_value(), "what has a JSON form is well-formed");
    const auto back = cbor::from_json(*json);
    OCF_ASSERT(back.has_value(), "the JSON of an item is JSON within the same bounds");
    OCF_ASSERT(cbor::check(*back).has_value(), "from_json() writes well-formed CBOR");
    // Integers below -2^63 come back as floats; from then on nothing changes.
    const auto again = cbor::to_json(*back);
    OCF_ASSERT(again.has_value() && cbor::from_json(*again) == back,
               "what came from JSON goes there and back unchanged");
  } else if (checked) {
    OCF_ASSERT(json.error() == cbor::CborError::not_representable,
               "only JSON's limits refuse what is well-formed");
  } else {
    OCF_ASSERT(json.error() == checked.error() || json.error() == cbor::CborError::not_representable,
               "both find the first fault");
  }

  if (const auto parsed = cbor::from_json(as_text(input))) {
    OCF_ASSERT(cbor::to_json(*parsed).has_value(), "what came from JSON has a JSON form");
  }
  return 0;
}

}  // namespace ocf
