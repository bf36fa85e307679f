// Refusals as JSON, for this API and for the hub's own socket.
#pragma once

#include "device/refusal.hpp"

#include <string>
#include <vector>

namespace ocf::http {

// {"refusals":[{"time","count","since","stage","peer","device"?,"reason","advice"}]}
std::string refusals_document(const std::vector<device::Refusal>& refusals);

}  // namespace ocf::http
