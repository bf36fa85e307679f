#include "server/config/config_values.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace ocf::server {
namespace {

using namespace std::chrono_literals;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// The largest first: what a value is written in is the first unit that divides it.
constexpr std::array<Unit, 4> duration_units{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 4> size_units{
    {{"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"B", 1}}};
constexpr std::uint64_t duration_max = 10'000'000'000'000;

// The number and what stands behind it.
std::optional<std::pair<std::uint64_t, std::string_view>> split_number(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 18) return std::nullopt;
  std::uint64_t number = 0;
  for (const char digit : text.substr(0, digits))
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  return std::pair(number, text.substr(digits));
}

std::optional<std::uint64_t> parse_with_unit(std::string_view text, const std::array<Unit, 4>& units,
                                             std::uint64_t max) {
  const auto number = split_number(text);
  if (!number) return std::nullopt;
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == number->second; });
  if (unit == units.end() || number->first > max / unit->factor) return std::nullopt;
  return number->first * unit->factor;
}

std::string text_with_unit(std::uint64_t value, const std::array<Unit, 4>& units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0)
      return std::to_string(value / unit.factor) + std::string(unit.name);
  }
  return "0" + std::string(units.back().name);
}

}  // namespace

std::string Address::text() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_count(text.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;

  std::string_view host = text.substr(0, colon);
  const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (has_brackets) host = host.substr(1, host.size() - 2);
  // An IPv6 address without brackets is ambiguous: is its last group the port?
  const bool has_colon = host.find(':') != std::string_view::npos;
  if (host.empty() || has_colon != has_brackets || host.find_first_of(" \t/[]") != std::string_view::npos) {
    return std::nullopt;
  }
  return Address{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::string complaint_about_listener(const Address& address) {
  boost::system::error_code malformed;
  boost::asio::ip::make_address(address.host, malformed);
  return malformed ? "has no IP address: a listener needs one, such as 127.0.0.1 or 0.0.0.0" : "";
}

std::string complaint_about_http_listener(const Address& address) {
  if (std::string complaint = complaint_about_listener(address); !complaint.empty()) return complaint;
  if (boost::asio::ip::make_address(address.host).is_loopback()) return "";
  return "is not a loopback address: HTTP has no TLS yet, so tokens would cross the network in the clear";
}

std::string complaint_about_public_address(const Address& address) {
  return address.port == 0 ? "has port 0, but devices need the port to connect to" : "";
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto value = parse_with_unit(text, duration_units, duration_max);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds(*value);
}

std::string duration_text(std::chrono::milliseconds duration) {
  if (duration == 0ms) return "0s";
  return text_with_unit(static_cast<std::uint64_t>(duration.count()), duration_units);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (const auto bytes = parse_count(text)) return bytes;
  return parse_with_unit(text, size_units, std::numeric_limits<std::int64_t>::max());
}

std::string size_text(std::uint64_t bytes) { return text_with_unit(bytes, size_units); }

std::optional<std::uint64_t> parse_count(std::string_view text) {
  const auto number = split_number(text);
  if (!number || !number->second.empty()) return std::nullopt;
  return number->first;
}

}  // namespace ocf::server
