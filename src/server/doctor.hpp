// What `ocf-cloud doctor` looks at: whether a hub with this configuration can serve on this machine, and for
// how long. Nothing here changes anything.
#pragma once

#include "base/time.hpp"
#include "server/config/config.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ocf::server {

enum class Health { good, doubtful, bad };

std::string_view to_string(Health health);

struct Finding {
  std::string subject;  // "disk", "certificates"
  Health health = Health::good;
  std::string sentence;  // what was found, and what to do where that is not good
};

using Findings = std::vector<Finding>;

// A doubt comes before it hurts: so long before a certificate ends, so much before the disk is full.
inline constexpr std::chrono::days certificate_doubt{30};
inline constexpr std::uintmax_t disk_doubt = 1024ull * 1024 * 1024;
inline constexpr std::uintmax_t disk_bad = 64ull * 1024 * 1024;

// Whether only the hub's user can get at it: directories 0700, keys 0600.
Findings look_at_data(const Config& config);
Findings look_at_disk(const Config& config);
Findings look_at_certificates(const Config& config, Time now);
// Whether this process may open as many descriptors as the limits let in connections.
Findings look_at_descriptors(const Config& config);
// Whether the kernel says that a time service keeps the clock.
Findings look_at_clock();
// Whether a hub answers in the data directory; where none runs, whether its listeners could be opened.
Findings look_at_hub(const Config& config);
// Whether what devices are told to connect to has an address, and can be reached from here where a hub runs.
Findings look_at_public_address(const Config& config);

}  // namespace ocf::server
