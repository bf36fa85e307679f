#include "server/commands/command_line.hpp"

#include <cstdio>
#include <iostream>
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

// What could not be printed is lost, and may have been the only copy of a key: that is not done.
ocf::server::Exit when_printed(ocf::server::Exit exit) {
  const bool printed = std::cout.flush().good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (printed || exit != ocf::server::Exit::ok) return exit;
  std::fputs("Standard output takes no more.\n", stderr);
  return ocf::server::Exit::failed;
}

}  // namespace

int main(int argc, char** argv) {
  take_all_descriptors();
  umask(077);  // whatever the hub writes holds keys, tokens or people's events
  return static_cast<int>(when_printed(ocf::server::run_command_line({argv + 1, argv + argc})));
}
