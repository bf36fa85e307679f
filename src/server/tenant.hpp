// The tenant of everything in a hub that nobody divided.
#pragma once

#include "account/principal.hpp"

namespace ocf::server {

inline account::Tenant default_tenant() { return account::Tenant("default"); }

}  // namespace ocf::server
