#include "server/commands/output.hpp"

#include "server/exit.hpp"

#include <cstdio>

namespace ocf::server {

void flush_output() {
  if (std::fflush(stdout) != 0) throw CommandFailure(Exit::failed, "Standard output takes no more.");
}

}  // namespace ocf::server
