// The texts of configuration values: addresses, durations and sizes, read and written the same way in the
// file and on the command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocf::server {

// "127.0.0.1:5684", "[::1]:5684", "cloud.example.com:5684".
struct Address {
  std::string host;  // without the brackets of IPv6
  std::uint16_t port = 0;

  std::string text() const;
  friend bool operator==(const Address&, const Address&) = default;
};

// nullopt: no host, or no port from 0 to 65535 behind it.
std::optional<Address> parse_address(std::string_view text);

// What is wrong with an address to listen on (its host has to be an IP address), to serve HTTP on (loopback
// only), or to tell devices (a name or an IP address, with a port); empty: nothing. Half a sentence that
// follows the address.
std::string complaint_about_listener(const Address& address);
std::string complaint_about_http_listener(const Address& address);
std::string complaint_about_public_address(const Address& address);

// A whole number and ms, s, m or h. nullopt: another form, or more than 10^12 ms.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// In the largest unit that leaves a whole number: 90s, 2m, 24h.
std::string duration_text(std::chrono::milliseconds duration);

// A whole number of bytes, and optionally B, KiB, MiB or GiB. nullopt: another form, or 2^63 and more.
std::optional<std::uint64_t> parse_size(std::string_view text);
// In the largest unit that leaves a whole number: 512B, 256KiB, 1MiB.
std::string size_text(std::uint64_t bytes);

// Decimal digits only. nullopt: another form, or 10^18 and more.
std::optional<std::uint64_t> parse_count(std::string_view text);

}  // namespace ocf::server
