// How a command speaks to the hub that runs in a data directory (see admin_socket.hpp).
#pragma once

#include <boost/json/object.hpp>

#include <filesystem>

namespace ocf::server {

// The hub's answer. Blocks. Throws CommandFailure: no_hub if none runs there, else what the hub answered.
boost::json::object ask_hub(const std::filesystem::path& data, const boost::json::object& request);

}  // namespace ocf::server
