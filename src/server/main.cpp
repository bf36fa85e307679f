#include "server/commands/command_line.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

namespace {

// Every connection is a descriptor. The usual soft limit of 1,024 is for programs that use select().
void take_all_descriptors() {
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return;
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
}

}  // namespace

int main(int argc, char** argv) {
  take_all_descriptors();
  umask(077);  // whatever the hub writes holds keys, tokens or people's events
  return static_cast<int>(ocf::server::run_command_line({argv + 1, argv + argc}));
}
