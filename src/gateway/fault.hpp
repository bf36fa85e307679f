// What a refused request, frame or handshake is called where people ask why.
#pragma once

#include "base/result.hpp"
#include "coap/message.hpp"
#include "device/refusal.hpp"
#include "net/handshake_failure.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ocf::gateway {

device::Fault fault_of(const coap::Message& request, coap::Code answer);
device::Fault fault_of(const coap::Message& request, const Error& error);
device::Fault fault_of(net::HandshakeFault fault);

// "4.01 to POST /oic/sec/session: <why>".
std::string refusal_text(const coap::Message& request, coap::Code answer, std::string_view why);

// Whom an account request or a publication says to come from: `di` of its payload or query, where that can be
// read.
std::optional<DeviceId> claimed_device(const coap::Message& request);

}  // namespace ocf::gateway
