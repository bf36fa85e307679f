// Which limit an error is about.
#pragma once

#include "base/result.hpp"

#include <string_view>

namespace ocf::cloud {

// By its name in Limits, to be counted; empty: none.
std::string_view limit_of(const Error& error);

}  // namespace ocf::cloud
