// Representations between CoAP messages and the domain.
#pragma once

#include "coap/message.hpp"
#include "resource/resource.hpp"

namespace ocf::gateway {

// The payload with its content format.
resource::Content content_of(const coap::Message& message);
// The first ETag; empty: none.
Bytes etag_of(const coap::Message& message);

}  // namespace ocf::gateway
