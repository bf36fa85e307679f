// The one table between the domain's outcomes and CoAP codes.
#pragma once

#include "base/result.hpp"
#include "coap/message.hpp"
#include "resource/resource.hpp"

#include <optional>

namespace ocf::gateway {

coap::Code code_of(resource::Status status);
// What a device's answer means. A code that the table does not know becomes the first of its class (RFC 7252
// §5.9).
resource::Status status_of(coap::Code code);

// What a client is told when a use case fails.
coap::Code code_of(const Error& error);
// What a device is told at sign-up, sign-in, refresh and sign-off: 4.00, 4.01 or 5.03 and nothing else,
// because any other code makes real devices give up or loop.
coap::Code account_code_of(const Error& error);

}  // namespace ocf::gateway
