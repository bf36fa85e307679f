#include "server/observability/checks.hpp"

#include "net/shard.hpp"
#include "server/config/config_values.hpp"

#include <fmt/format.h>

#include <string>

namespace ocf::server {
namespace {

// Later than this the loop is too busy, or the machine is.
constexpr std::chrono::seconds loop_delay_max{1};
// Farther behind the log answers are not those of now.
constexpr std::uint64_t lag_events_max = 1000;

std::string complaint_about_disk(const std::filesystem::path& data, std::size_t free_min) {
  std::error_code unknown;
  const auto space = std::filesystem::space(data, unknown);
  if (unknown) return "its free space is unknown: " + unknown.message();
  if (space.available >= free_min) return "";
  return fmt::format("{} MiB are free, less than limits.disk_free_bytes_min ({})",
                     space.available / (1024 * 1024), size_text(free_min));
}

std::string complaint_about_lag(const Checked& checked) {
  const auto stored = static_cast<std::uint64_t>(checked.store.metrics().last_offsets.value());
  const std::uint64_t folded = checked.cloud.levels().events_folded;
  if (stored <= folded + lag_events_max) return "";
  return fmt::format("they are {} events behind the log", stored - folded);
}

std::string complaint_about_loop(const Pulse& pulse) {
  if (pulse.delay() <= loop_delay_max) return "";
  return fmt::format("its last timer was {} ms late",
                     std::chrono::floor<std::chrono::milliseconds>(pulse.delay()).count());
}

}  // namespace

std::string complaint_about_expiry(Time expiry, Time now) {
  return now < expiry ? "" : "it expired: devices refuse the hub";
}

std::vector<Check> live_checks(const Checked& checked) {
  return {{"store", [checked]() -> std::string {
             if (checked.store.metrics().broken.value() == 0) return "";
             return "its files cannot be opened again after a failed write";
           }}};
}

std::vector<Check> ready_checks(const Checked& checked) {
  return {
      {"started", [checked] { return std::string(checked.is_started ? "" : "the log is being read"); }},
      {"store",
       [checked] {
         const bool is_writable = checked.store.metrics().writable.value() != 0;
         return std::string(is_writable ? "" : "the last write failed");
       }},
      {"read_models", [checked] { return complaint_about_lag(checked); }},
      {"loop", [checked] { return complaint_about_loop(checked.pulse); }},
      {"memory",
       [checked] {
         const bool is_short = checked.memory.is_short();
         return std::string(is_short ? "more is in use than limits.memory_bytes_max: nobody is accepted"
                                     : "");
       }},
      {"disk", [checked] { return complaint_about_disk(checked.data, checked.limits.disk_free_bytes_min); }},
      {"certificate",
       [checked] {
         if (!checked.serves_tls) return std::string();
         return complaint_about_expiry(checked.certificates.expiry(), net::wall_now());
       }},
      {"connections",
       [checked] {
         const bool takes_more = !checked.is_started || checked.gateway.is_open();
         return std::string(takes_more ? "" : "no more are taken: the hub is drained or stops");
       }},
  };
}

}  // namespace ocf::server
