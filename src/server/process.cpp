#include "server/process.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace ocf::server {
namespace {

// Fields of /proc/<pid>/stat behind the command's name (proc(5) numbers them from 1, this one from 3 on).
std::vector<std::uint64_t> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string text(std::istreambuf_iterator<char>(file), {});
  std::vector<std::uint64_t> fields;
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(text.substr(name_end + 1));
  std::string state;
  rest >> state;
  fields.push_back(0);
  for (std::int64_t value = 0; rest >> value;) fields.push_back(static_cast<std::uint64_t>(value));
  return fields;
}

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Since 1970, of a process that started so long after the machine. Not from /proc/stat, which the service's
// view of /proc does not have (ProcSubset=pid). Once: it would differ by what the two clocks do.
double start_seconds(double after_boot) {
  static const double start = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) + after_boot;
  return start;
}

std::uint64_t open_descriptors() {
  std::error_code unreadable;
  const auto entries = std::filesystem::directory_iterator("/proc/self/fd", unreadable);
  if (unreadable) return 0;
  const auto count = std::distance(begin(entries), end(entries));
  return count > 0 ? static_cast<std::uint64_t>(count) - 1 : 0;  // without the one that reads
}

}  // namespace

ProcessLevels process_levels() {
  ProcessLevels levels;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::vector<std::uint64_t> fields = stat_fields();
  const auto field = [&fields](std::size_t number) {
    return number - 3 < fields.size() ? fields[number - 3] : 0;
  };
  levels.cpu_seconds = static_cast<double>(field(14) + field(15)) / ticks;
  levels.threads = field(20);
  levels.start_seconds = start_seconds(static_cast<double>(field(22)) / ticks);
  levels.virtual_bytes = field(23);
  levels.resident_bytes = field(24) * page;
  levels.open_descriptors = open_descriptors();
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) levels.descriptors_max = descriptors.rlim_cur;
  return levels;
}

std::uint64_t memory_of_process() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total_pages = 0, resident_pages = 0;
  file >> total_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t memory_of_machine() {
  const std::uint64_t machine =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    constexpr std::string_view version_2 = "0::";
    if (!line.starts_with(version_2)) continue;
    std::ifstream file("/sys/fs/cgroup" + line.substr(version_2.size()) + "/memory.max");
    std::uint64_t bytes = 0;
    if (file >> bytes) return std::min(machine, bytes);  // "max": there is no limit
  }
  return machine;
}

}  // namespace ocf::server
