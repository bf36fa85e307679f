// Every payload decoder on arbitrary bytes; what is read must be read again from its own encoding.
#include "base/assert.hpp"
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
  if (const auto links = ocf::decode_links(input)) {
    OCF_ASSERT(ocf::decode_links(ocf::encode_links(*links, {})).value().size() == links->size(),
               "encode and decode are inverse");
  }
  return 0;
}
