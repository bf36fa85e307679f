// An address and a port, and their text.
#pragma once

#include "base/result.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <string_view>

namespace ocf::net {

using Endpoint = boost::asio::ip::tcp::endpoint;

// "127.0.0.1:5684", "[::1]:0". Names are not resolved. Errors: malformed_endpoint.
Result<Endpoint> parse_endpoint(std::string_view text);

std::string to_text(const Endpoint& endpoint);

// Whom an address counts as: itself; of IPv6 its /64, all of which one subscriber has.
boost::asio::ip::address subscriber_of(const boost::asio::ip::address& address);

}  // namespace ocf::net
