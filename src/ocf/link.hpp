// A link: the description of one resource, as a device publishes it and a client discovers it (OCF Core,
// section 7.8.2).
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/strong_text.hpp"
#include "ocf/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ocf {

// A resource's path on its device, "/light/1".
using Href = StrongText<struct HrefTag>;

// Errors: malformed_href.
Result<Href> parse_href(std::string_view text, std::size_t bytes_max);

// `p.bm` (OCF Core, table 16). Stored: never renumber.
namespace policy {
inline constexpr std::uint8_t discoverable = 1;
inline constexpr std::uint8_t observable = 2;
}  // namespace policy

struct Link {
  Href href;
  std::vector<std::string> resource_types;  // rt
  std::vector<std::string>
      interfaces;  // if; the first is the default interface unless the type says otherwise
  std::uint8_t policy = policy::discoverable;
  std::int64_t instance =
      0;              // ins: what the device uses to unpublish; given by the hub, stable across restarts
  std::string title;  // empty: none

  bool observable() const { return (policy & policy::observable) != 0; }
  bool has_type(std::string_view rt) const;
  bool has_interface(std::string_view name) const;
  friend bool operator==(const Link&, const Link&) = default;
};

// `ins` of a link: CRC-32 (IEEE) of its href.
std::int64_t instance_of(const Href& href);

// The resource that the hub hosts for each registered device: whether it is online (requirement G4). A device
// cannot publish this href.
inline constexpr std::string_view status_href = "/oic/cloud/s";
Link status_link();

}  // namespace ocf
