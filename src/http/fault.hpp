// What an error of the API is to those who ask `ocf-cloud why`.
#pragma once

#include "base/result.hpp"
#include "device/refusal.hpp"

#include <optional>
#include <string_view>

namespace ocf::http {

// Stage http, and the cause; nullopt: the hub refused nobody, who asked made a mistake or something is not
// there.
std::optional<device::Fault> fault_of(const Error& error);
// The limit that was hit, by its name in Limits; empty: none.
std::string_view limit_of(const Error& error);

}  // namespace ocf::http
