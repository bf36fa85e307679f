// Any bytes: what decodes, encodes to the same bytes and decodes to the same message; the head agrees with
// the frame.
#include "base/assert.hpp"
#include "coap/frame.hpp"
#include "coap/signaling.hpp"

#include <algorithm>

namespace ocf {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const coap::FrameBounds bounds;
  const auto head = coap::decode_head(input, bounds);
  const auto frame = coap::decode_frame(input, bounds);
  if (!frame) return 0;
  OCF_ASSERT(head.has_value(), "a frame starts with its head");
  if (!*frame) {
    OCF_ASSERT(!*head || (*head)->total_bytes > size, "only bytes that are not there are waited for");
    return 0;
  }

  const coap::Message& message = (*frame)->message;
  OCF_ASSERT(*head && (*head)->total_bytes == (*frame)->bytes, "head and frame tell the same length");
  OCF_ASSERT((*head)->code == message.code && (*head)->token == message.token,
             "head and frame tell the same exchange");

  const Bytes encoded = coap::encode_frame(message);
  const ByteView consumed = input.first((*frame)->bytes);
  OCF_ASSERT(std::equal(encoded.begin(), encoded.end(), consumed.begin(), consumed.end()),
             "one message has one form");
  const auto again = coap::decode_frame(encoded, bounds);
  OCF_ASSERT(again && *again && (*again)->message == message, "what was encoded decodes to the same message");

  coap::unknown_critical_option(message);
  coap::apply_csm({}, message);
  OCF_ASSERT(message.path().starts_with('/'), "a path is absolute");
  return 0;
}

}  // namespace ocf
