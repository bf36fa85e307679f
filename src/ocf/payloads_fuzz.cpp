// Every payload decoder on arbitrary bytes; what is read must be read again from its own encoding.
#include "base/assert.hpp"
#include "cbor/cbor.hpp"
#include "ocf/collections.hpp"
#include "ocf/payloads.hpp"

#include <cstddef>
#include <cstdint>

namespace {

template <class Payload>
void check(ocf::ByteView input) {
  const auto payload = Payload::decode(input);
  if (payload)
    OCF_ASSERT(Payload::decode(payload->encode()).value() == *payload, "encode and decode are inverse");
}

void check_collection(ocf::ByteView input) {
  static const ocf::DeviceId device = ocf::DeviceId::parse("028acc3a-d1a5-4246-79cd-2876cfc55916").value();
  const ocf::Limits limits;
  if (const auto items = ocf::decode_batch(input, device, limits)) {
    for (const ocf::BatchItem& item : *items)
      OCF_ASSERT(ocf::cbor::check(item.representation), "what is cut out of a batch is CBOR");
  }
  ocf::Advertisement advertisement;
  advertisement.route = "/oic/route";
  advertisement.endpoints = {"coap://hub"};
  if (const auto routed = ocf::with_routed_hrefs(input, device, advertisement, limits))
    OCF_ASSERT(ocf::cbor::check(*routed, {limits.cbor_depth_max, SIZE_MAX}),
               "links that lead elsewhere are CBOR");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ocf::ByteView input(data, size);
  check<ocf::SignUpRequest>(input);
  check<ocf::SignUpAnswer>(input);
  check<ocf::SignInRequest>(input);
  check<ocf::SignInAnswer>(input);
  check<ocf::RefreshRequest>(input);
  check<ocf::RefreshAnswer>(input);
  check<ocf::PublishRequest>(input);
  check<ocf::PublishAnswer>(input);
  check_collection(input);
  if (auto links = ocf::decode_links(input)) {
    // Only links of somebody are written.
    std::erase_if(*links, [](const ocf::DiscoveredLink& link) { return link.device == ocf::DeviceId(); });
    OCF_ASSERT(ocf::decode_links(ocf::encode_links(*links, {})).value().size() == links->size(),
               "encode and decode are inverse");
  }
  return 0;
}
