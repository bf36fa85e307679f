#include "net/endpoint.hpp"

#include "base/decimal.hpp"
#include "net/error.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <sstream>

namespace ocf::net {
namespace {

namespace ip = boost::asio::ip;

bool bracketed(std::string_view text) { return text.size() > 2 && text.front() == '[' && text.back() == ']'; }

Result<ip::address> parse_address(std::string_view text) {
  Error error;
  ip::address address;
  if (bracketed(text)) {
    address = ip::make_address_v6(std::string(text.substr(1, text.size() - 2)), error);
  } else {
    address = ip::make_address_v4(std::string(text), error);
  }
  if (error) return NetError::malformed_endpoint;
  return address;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return NetError::malformed_endpoint;
  const auto address = parse_address(text.substr(0, colon));
  if (!address) return address.error();
  const auto port = parse_decimal<std::uint16_t>(text.substr(colon + 1));
  if (!port) return NetError::malformed_endpoint;
  return Endpoint(*address, *port);
}

std::string to_text(const Endpoint& endpoint) {
  std::ostringstream out;
  out << endpoint;
  return out.str();
}

ip::address subscriber_of(const ip::address& address) {
  if (!address.is_v6()) return address;
  ip::address_v6::bytes_type bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), std::uint8_t{0});
  return ip::address_v6(bytes);
}

}  // namespace ocf::net
