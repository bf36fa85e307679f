#include "gateway/content.hpp"

namespace ocf::gateway {

using coap::OptionNumber;

resource::Content content_of(const coap::Message& message) {
  resource::Content content;
  if (const auto format = message.uint(OptionNumber::content_format))
    content.format = static_cast<std::uint16_t>(*format);
  if (!message.payload.empty()) content.bytes = share(message.payload);
  return content;
}

Bytes etag_of(const coap::Message& message) {
  const coap::Option* etag = message.find(OptionNumber::etag);
  return etag == nullptr ? Bytes() : etag->value;
}

}  // namespace ocf::gateway
