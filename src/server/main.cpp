#include "server/commands/command_line.hpp"

#include <sys/stat.h>

int main(int argc, char** argv) {
  umask(077);  // whatever the hub writes holds keys, tokens or people's events
  return static_cast<int>(ocf::server::run_command_line({argv + 1, argv + argc}));
}
