// Any text as JSON, within wide bounds and narrow ones: what is taken becomes well-formed CBOR within the
// same bounds and comes back as it is; what is refused, is refused for a reason that holds.
#include "base/assert.hpp"
#include "cbor/cbor.hpp"

#include <algorithm>

namespace ocf {
namespace {

using cbor::CborError;

constexpr cbor::Bounds narrow{.depth_max = 3, .items_max = 12};

bool is_of_bounds(const Error& error) {
  return error == CborError::too_deep || error == CborError::too_many_items;
}

void check_taken(const Bytes& item, cbor::Bounds bounds) {
  OCF_ASSERT(cbor::check(item, bounds).has_value(), "what is taken is well-formed and within the bounds");
  const auto json = cbor::to_json(item, bounds);
  OCF_ASSERT(json.has_value(), "what came from JSON has a JSON form");
  OCF_ASSERT(std::none_of(json->begin(), json->end(), [](unsigned char c) { return c < 0x20; }),
             "JSON of ours is one line");
  OCF_ASSERT(cbor::from_json(*json, bounds) == item, "what came from JSON goes there and back unchanged");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const auto wide = cbor::from_json(text);
  const auto tight = cbor::from_json(text, narrow);
  if (wide) check_taken(*wide, {});
  if (tight) {
    OCF_ASSERT(wide == tight, "bounds change nothing but what they refuse");
    check_taken(*tight, narrow);
  } else if (wide) {
    OCF_ASSERT(is_of_bounds(tight.error()), "what wider bounds take, narrow ones refuse for themselves");
    OCF_ASSERT(is_of_bounds(cbor::check(*wide, narrow).error()), "JSON and CBOR count alike");
  } else {
    OCF_ASSERT(wide.error() == CborError::not_json || is_of_bounds(wide.error()),
               "a text is refused as no JSON, or by its bounds");
  }
  return 0;
}

}  // namespace ocf
